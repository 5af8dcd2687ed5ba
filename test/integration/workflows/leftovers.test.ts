import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { type WorkflowBed, workflowBed } from '../workflow-bed/bed.ts';

const POD = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: kube-system}\nspec: {containers: []}\n';
const KUBECONFIG = 'apiVersion: v1\nkind: Config\nclusters: []\n';

/** What another tool, or an earlier try of it, left on a machine; the join refuses it and says what to do. */
const LEFT: readonly { readonly source: string; readonly files: Readonly<Record<string, string>> }[] = [
  { source: 'labring/sealos#390, the CA alone', files: { '/etc/kubernetes/pki/ca.crt': 'PEM' } },
  { source: 'kubernetes/kubernetes#34044', files: { '/etc/kubernetes/kubelet.conf': KUBECONFIG } },
  { source: 'kubernetes/kubernetes#59653', files: { '/etc/kubernetes/bootstrap-kubelet.conf': KUBECONFIG } },
  { source: 'kubernetes-sigs/kubespray#4252', files: { '/etc/kubernetes/manifests/nginx-proxy.yml': POD } },
  { source: 'QingCloudAppcenter/QKE#264, a file that is no pod', files: { '/etc/kubernetes/manifests/README': 'x' } },
  {
    source: 'hitachienergy/epiphany#2805, a whole node of kubeadm',
    files: {
      '/etc/kubernetes/kubelet.conf': KUBECONFIG,
      '/etc/kubernetes/pki/ca.crt': 'PEM',
      '/var/lib/kubelet/config.yaml': 'kind: KubeletConfiguration\n',
      '/var/lib/kubelet/kubeadm-flags.env': 'KUBELET_KUBEADM_ARGS=""\n',
      '/etc/cni/net.d/10-flannel.conflist': '{"name": "cbr0", "plugins": [{"type": "flannel"}]}',
    },
  },
  {
    source: 'openyurtio/openyurt#367, a hub of an earlier cluster',
    files: {
      '/etc/kubernetes/manifests/yurt-hub.yaml': POD,
      '/var/lib/yurthub/pki/ca.crt': 'PEM',
      '/var/lib/yurthub/bootstrap-hub.conf': KUBECONFIG,
    },
  },
  {
    source: 'kubeedge/kubeedge#5069, the rest of a reset that stopped half-way',
    files: { '/etc/kubernetes/kubelet.conf': '', '/var/lib/kubelet/pki/kubelet-client-current.pem': '' },
  },
  {
    source: 'kubeedge/kubeedge#2141, a unit without its program',
    files: {
      '/etc/kubernetes/kubelet.conf': KUBECONFIG,
      '/etc/systemd/system/kubelet.service': '[Service]\nExecStart=/opt/gone/kubelet\n',
    },
  },
];

describe('a machine that another tool left behind', function () {
  this.timeout(120_000);
  let bed: WorkflowBed;
  before(async () => {
    bed = await workflowBed();
  });
  after(() => bed.close());

  for (const { source, files } of LEFT) {
    it(`what the join refuses, the command that it advises clears: ${source}`, async () => {
      const node = await bed.node();
      for (const [path, text] of Object.entries(files)) await node.put(path, text);
      await assert.rejects(node.join(), (error: unknown) => {
        assert.ok(error instanceof EdgeadmError && error.code === 'PREFLIGHT_FAILED', String(error));
        assert.match(`${error.why} ${error.next}`, /`edgeadm reset`/);
        return true;
      });
      await node.reset();
      await node.join();
      await node.remove();
    });
  }

  it('a control-plane node is not sent to a reset that refuses it (kubernetes/kubeadm#1616)', async () => {
    const node = await bed.node();
    for (const name of ['manifests/kube-scheduler.yaml', 'kubelet.conf'])
      await node.put(`/etc/kubernetes/${name}`, POD);
    await assert.rejects(node.join(), (error: unknown) => {
      assert.ok(error instanceof EdgeadmError && error.code === 'PREFLIGHT_FAILED', String(error));
      assert.match(error.why ?? '', /FileAvailable.*\n.*control-plane node[^\n]*`kubeadm reset`/);
      assert.doesNotMatch(`${error.why} ${error.next}`, /edgeadm reset/);
      return true;
    });
    await assert.rejects(node.reset(), { code: 'RESET_REFUSED' });
  });
});
