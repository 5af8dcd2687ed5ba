import assert from 'node:assert/strict';
import type { Entry } from '../../../../src/host/journal/entry.ts';
import { Journal } from '../../../../src/host/journal/journal.ts';
import type { Machine } from '../../../../src/host/machine.ts';
import type { ResetSpec } from '../../../../src/phases/reset/context.ts';
import { resetPhases } from '../../../../src/phases/reset/index.ts';
import { nodeTraces } from '../../../../src/phases/reset/node-traces.ts';
import { checkResetSpec } from '../../../../src/phases/reset/reset.ts';
import type { WorkflowEvent } from '../../../../src/workflow/events.ts';
import { Pipeline } from '../../../../src/workflow/pipeline.ts';
import { type FakeHost, type FakeNode, fakeHost } from '../../fake-host.ts';

const SPEC: ResetSpec = { force: false, keepRuntime: false, cleanupImages: false, drain: false, deleteNode: false };
const JOURNAL = '/var/lib/edgeadm/journal.jsonl';

const JOINED: Entry[] = [
  { kind: 'run', command: 'join', version: '1', time: '' },
  { kind: 'choice', key: 'linksBefore', value: '["eth0","cni0"]' },
  { kind: 'claim', path: '/var/lib/kubelet', phase: 'prepare-node/journal' },
  { kind: 'file', path: '/etc/containerd/config.toml', before: { type: 'absent' }, phase: 'install-runtime/config' },
  { kind: 'file', path: '/etc/kubernetes/kubelet.conf', before: { type: 'absent' }, phase: 'join-node/kubelet-config' },
  { kind: 'service', unit: 'kubelet.service', wasActive: false, phase: 'join-node/kubelet-start' },
  { kind: 'joined', cluster: 'x', node: 'edge-7', time: '' },
];

const FILES = {
  '/var/lib/kubelet/config.yaml': '',
  '/etc/containerd/config.toml': '',
  '/etc/kubernetes/kubelet.conf': '',
  '/sys/class/net/eth0/mtu': '',
  '/sys/class/net/cni0/mtu': '',
  '/sys/class/net/flannel.1/mtu': '',
};

const lines = (entries: readonly Entry[]): string => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');

/** Resets a fake node; its journal lies among its files. */
async function run(host: FakeHost, spec: Partial<ResetSpec> = {}) {
  const machine = {
    readFile: (path: string) => host.readBytes(path),
    writeFile: (path: string, content: Buffer) => host.write(path, content, { mode: 0o600 }),
    remove: (path: string) => host.remove(path),
    removeTree: (path: string) => host.removeTree(path),
    list: (path: string) => host.list(path),
    stat: (path: string) => host.stat(path),
    sha256: (path: string) => host.sha256(path),
  } as unknown as Machine;
  const journal = await Journal.read(machine);
  const events: WorkflowEvent[] = [];
  const context = { spec: { ...SPEC, ...spec }, host, journal, node: await nodeTraces(host, journal) };
  const signal = new AbortController().signal;
  await new Pipeline(resetPhases, {
    host: 'fake',
    context,
    emit: (event) => events.push(event),
    signal,
    wet: true,
  }).run();
  const said = events.flatMap((event) => (event.type === 'message' && event.level !== 'debug' ? [event.text] : []));
  const done = events.flatMap((event) => (event.type === 'phase-end' && event.outcome === 'done' ? [event.phase] : []));
  return { said, done };
}

function joinedNode(node: FakeNode = {}): FakeHost {
  const units = { 'kubelet.service': { active: true, enabled: true } };
  const commands = { ip: '', find: '', ps: '' };
  return fakeHost({ units, commands, ...node, files: { ...FILES, [JOURNAL]: lines(JOINED), ...node.files } });
}

describe('reset', () => {
  it('does nothing on a machine that was never joined', async () => {
    const host = fakeHost();
    const { said, done } = await run(host);
    assert.deepEqual(said, []);
    assert.deepEqual(done, ['check-node']);
    assert.deepEqual(host.changes, []);
  });

  it('puts a node back from its journal, kubelet first and journal last', async () => {
    const host = joinedNode();
    await run(host);
    assert.deepEqual(
      host.changes.filter((change) => !change.startsWith('write /var/lib/edgeadm')),
      [
        'stop kubelet.service',
        'run ip link delete flannel.1',
        'stop kubelet.service',
        'remove /etc/kubernetes/kubelet.conf',
        'remove /etc/containerd/config.toml',
        'remove /var/lib/kubelet',
        'reload units',
        'remove /var/lib/edgeadm/backup',
        `remove ${JOURNAL}`,
      ],
    );
  });

  it('finds nothing more to do the second time', async () => {
    const host = joinedNode();
    await run(host);
    const before = host.changes.length;
    const { said } = await run(host);
    assert.deepEqual(host.changes.slice(before), []);
    assert.deepEqual(said, []);
  });

  it('goes on where an earlier reset was killed after it had put everything back', async () => {
    const host = fakeHost({ files: { [JOURNAL]: '' }, commands: { ip: '', find: '', ps: '' } });
    await run(host);
    assert.equal(await host.stat(JOURNAL), undefined);
  });

  it('keeps the journal where something could not be put back', async () => {
    const mount = '9 1 8:1 /home /var/lib/kubelet/pods/1/vol rw - ext4 /dev/vda rw';
    const host = joinedNode({ files: { '/proc/self/mountinfo': mount } });
    await assert.rejects(run(host), { code: 'RESET_INCOMPLETE', why: '/var/lib/kubelet/pods/1/vol' });
    assert.ok(await host.stat(JOURNAL));
    assert.ok(await host.stat('/var/lib/kubelet/config.yaml'));
  });

  it('leaves the runtime as the join set it up with --keep-runtime, and remembers it for a later reset', async () => {
    const host = joinedNode();
    await run(host, { keepRuntime: true });
    assert.ok(await host.stat('/etc/containerd/config.toml'));
    assert.equal(await host.stat('/etc/kubernetes/kubelet.conf'), undefined);
    await run(host);
    assert.equal(await host.stat('/etc/containerd/config.toml'), undefined);
    assert.equal(await host.stat(JOURNAL), undefined);
  });

  it('resets a node that kubeadm joined and says what stays', async () => {
    const host = joinedNode({ files: { [JOURNAL]: undefined } });
    const { said } = await run(host);
    assert.equal(await host.stat('/etc/kubernetes/kubelet.conf'), undefined);
    assert.equal(await host.stat('/var/lib/kubelet'), undefined);
    assert.ok(await host.stat('/etc/containerd/config.toml'));
    assert.match(said.join('\n'), /not joined with edgeadm.*\nThe kubelet, its unit and .* are kept/);
  });

  it('refuses a control-plane node, forced or not, however its manifests are called', async () => {
    for (const manifest of [
      { '/etc/kubernetes/manifests/kube-apiserver.yaml': '' },
      { '/etc/kubernetes/manifests/etcd-main.json': '' },
      { '/etc/kubernetes/manifests/cp.yaml': 'spec:\n  containers:\n  - image: k8s.gcr.io/kube-apiserver:v1.20.2\n' },
    ]) {
      const host = joinedNode({ files: manifest });
      await assert.rejects(run(host, { force: true }), { code: 'RESET_REFUSED', why: Object.keys(manifest)[0] });
      assert.deepEqual(host.changes, []);
    }
  });

  it('reset is not put off by other static pods', async () => {
    const files = { '/etc/kubernetes/manifests/yurt-hub.yaml': 'image: registry/kube-apiserver-proxy:1\n# etcd: no\n' };
    const host = joinedNode({ files });
    await run(host);
    assert.notDeepEqual(host.changes, []);
  });

  it('wants a kubeconfig for what a node may not do itself', () => {
    assert.throws(() => checkResetSpec({ ...SPEC, drain: true, deleteNode: true }), {
      code: 'USAGE',
      what: '--drain and --delete-node cannot be used without --kubeconfig',
    });
    checkResetSpec({ ...SPEC, drain: true, kubeconfig: 'admin.conf' });
    checkResetSpec(SPEC);
  });
});
