import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BedNode, type WorkflowBed, workflowBed } from '../workflow-bed/bed.ts';

const JOURNAL = '/var/lib/edgeadm/journal.jsonl';
const KUBELET_CONF = '/etc/kubernetes/kubelet.conf';

describe('reset in process', function () {
  this.timeout(60_000);
  let bed: WorkflowBed;
  before(async () => {
    bed = await workflowBed();
  });
  after(() => bed.close());

  const joined = async (): Promise<BedNode> => {
    const node = await bed.node();
    await node.join();
    return node;
  };
  const said = (node: BedNode): string =>
    node.events
      .flatMap((event) => (event.type === 'message' && event.level !== 'debug' ? [event.text] : []))
      .join('\n');

  it('reset of a machine that was never joined changes nothing', async () => {
    const node = await bed.node();
    const before = await node.photograph();
    assert.equal((await node.reset()).changed, false);
    assert.deepEqual(await node.photograph(), before);
  });

  it('reset stops the kubelet before it changes a file, and forgets the journal last', async () => {
    const node = await joined();
    const changes: string[] = [];
    node.faults.before = ({ method, args, change }) => {
      if (change !== undefined && !`${args[0]}`.startsWith('/run/')) changes.push(`${method} ${args[0]}`);
    };
    await node.reset();
    const files = changes.filter((each) => /^remove/.test(each) && !each.includes('/var/lib/edgeadm'));
    assert.ok(changes.indexOf('stop kubelet.service') < changes.indexOf(files[0] ?? ''), changes.join('\n'));
    assert.ok(changes.lastIndexOf(`remove ${JOURNAL}`) > changes.lastIndexOf(files.at(-1) ?? ''), changes.join('\n'));
  });

  it('reset with --keep-runtime leaves the runtime as the join set it up, and a later reset remembers it', async () => {
    const node = await bed.node();
    const before = await node.photograph();
    await node.join({ spec: { manageRuntime: true } });
    await node.reset({ spec: { keepRuntime: true } });
    const between = await node.photograph();
    assert.equal(between[KUBELET_CONF], undefined);
    assert.notEqual(between['/etc/containerd/config.toml'], before['/etc/containerd/config.toml']);
    await node.reset();
    assert.deepEqual(await node.photograph(), before);
  });

  for (const [what, text, told] of [
    ['dotted keys', 'plugins."io.containerd.grpc.v1.cri".sandbox_image = "a:1"\nversion = 2 # ours\n', false],
    // A name that only a TOML parser reads.
    ['an escape that JSON does not have', '# ours\nversion = 2\n"\\U00000078" = 1\n', true],
  ] as const)
    it(`a join says whether the configuration of containerd keeps its comments, and reset restores it: ${what}`, async () => {
      const node = await bed.node();
      await node.put('/etc/containerd/config.toml', text);
      const before = await node.photograph();
      await node.join({ spec: { manageRuntime: true } });
      assert.match(said(node), /config\.toml was changed for the join; a copy is kept for reset/);
      assert.equal(/config\.toml had to be rewritten without its comments/.test(said(node)), told);
      assert.equal((await readFile(join(node.root, 'etc/containerd/config.toml'), 'utf8')).includes('# ours'), !told);
      await node.reset();
      assert.deepEqual(await node.photograph(), before);
    });

  it('reset of a node that kubeadm joined takes the node out of the cluster and says what stays', async () => {
    const node = await joined();
    await rm(join(node.root, 'var/lib/edgeadm'), { recursive: true });
    await node.reset();
    const after = await node.photograph();
    assert.equal(after[KUBELET_CONF], undefined);
    assert.equal(after['/var/lib/kubelet/config.yaml'], undefined);
    assert.match(said(node), /not joined with edgeadm[\s\S]*The kubelet, its unit and .* are kept/);
  });

  const CONTROL_PLANES = {
    'kube-apiserver.yaml': '',
    'etcd-main.json': '',
    'cp.yaml': 'spec:\n  containers:\n  - image: k8s.gcr.io/kube-apiserver:v1.20.2\n',
  };
  for (const [name, text] of Object.entries(CONTROL_PLANES))
    it(`reset refuses a control-plane node, forced or not, if its manifest is ${name}`, async () => {
      const node = await joined();
      const path = `/etc/kubernetes/manifests/${name}`;
      await node.put(path, text);
      const before = await node.photograph();
      for (const force of [true, false])
        await assert.rejects(node.reset({ spec: { force } }), { code: 'RESET_REFUSED', why: path });
      assert.deepEqual(await node.photograph(), before);
    });

  it('reset takes a static pod that only names an API server for no control plane', async () => {
    const node = await joined();
    await node.put('/etc/kubernetes/manifests/yurt-hub.yaml', 'image: registry/kube-apiserver-proxy:1\n# etcd: no\n');
    assert.equal((await node.reset()).changed, true);
  });
});
