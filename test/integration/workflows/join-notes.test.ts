import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type BedNode, type WorkflowBed, workflowBed } from '../workflow-bed/bed.ts';
import { approve, openYurtApprover } from '../workflow-bed/open-yurt.ts';

const warningsOf = ({ events }: BedNode): string =>
  events.flatMap((event) => (event.type === 'message' && event.level === 'warning' ? [event.text] : [])).join('\n');

describe('what a join says of a node that works', function () {
  this.timeout(120_000);
  let bed: WorkflowBed;
  before(async () => {
    bed = await workflowBed();
  });
  after(() => bed.close());

  it('a machine that was cloned is told which node has its machine-id (SUSE/doc-caasp#623)', async () => {
    const [one, two] = [await bed.node(), await bed.node()];
    await two.put('/etc/machine-id', await one.text('/etc/machine-id'));
    await one.join();
    assert.doesNotMatch(warningsOf(one), /cloned/);
    await two.join();
    assert.match(warningsOf(two), new RegExp(`machine-id of the node ${one.name}: it was cloned`));
  });

  it("an edge-hub's serving request is one: approved, and the same command run again, its certificate is used (kubernetes/kubernetes#51966)", async () => {
    const serving = 'kubernetes.io/kubelet-serving';
    const done = openYurtApprover(bed.admin, (signer) => signer !== serving);
    const node = await bed.node();
    const spec = { edgeHub: true, edgeHubFlavor: 'openyurt', edgeHubImage: 'openyurt/yurthub:v1.4.0' };
    await node.join({ spec });
    const advised = () =>
      /kubectl certificate approve (\S+), then run the same command again/.exec(warningsOf(node))?.[1];
    const name = advised();
    assert.ok(name, warningsOf(node));
    await node.join({ spec });
    assert.equal(advised(), name, 'a second run asks for nothing new');
    await approve(bed.admin, name);
    await node.join({ spec });
    assert.equal(advised(), undefined);
    await done();
    const requests = await bed.admin.get<{ items: { spec: { signerName: string } }[] }>(
      '/apis/certificates.k8s.io/v1/certificatesigningrequests',
    );
    assert.equal(requests.items.filter((item) => item.spec.signerName === serving).length, 1);
    const pem = await node.machine().readFile('/var/lib/yurthub/pki/yurthub-server-current.pem');
    const { issuer, subject } = new X509Certificate(pem ?? '');
    assert.notEqual(issuer, subject);
    // The key of the request is not kept beside the certificate; the other is the kubelet's own.
    assert.deepEqual(
      (await readdir(join(node.root, 'var/lib/kubelet/pki'))).filter((file) => file.endsWith('.key')),
      ['kubelet.key'],
    );
  });

  it('a serving certificate that nobody approves is named at the end (kubernetes/kubeadm#1635, #591)', async () => {
    const kubelet = 'kind: KubeletConfiguration\nserverTLSBootstrap: true\n';
    const path = '/api/v1/namespaces/kube-system/configmaps';
    const there = await bed.admin.find(`${path}/kubelet-config-1.20`);
    if (there) await bed.admin.patch(`${path}/kubelet-config-1.20`, { data: { kubelet } });
    else await bed.admin.create(path, { metadata: { name: 'kubelet-config-1.20' }, data: { kubelet } });
    const node = await bed.node();
    await node.join();
    assert.match(warningsOf(node), /waits for its serving certificate .*kubectl certificate approve/);
  });
});
