import assert from 'node:assert/strict';
import type { Entry } from '../../../../src/host/journal/entry.ts';
import { Journal } from '../../../../src/host/journal/journal.ts';
import type { ResetSpec } from '../../../../src/phases/reset/context.ts';
import { resetPhases } from '../../../../src/phases/reset/index.ts';
import { nodeTraces } from '../../../../src/phases/reset/node-traces.ts';
import { checkResetSpec } from '../../../../src/phases/reset/reset.ts';
import { Pipeline } from '../../../../src/workflow/pipeline.ts';
import { type FakeHost, type FakeNode, fakeHost, filesOf } from '../../fake-host.ts';

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
async function run(host: FakeHost): Promise<void> {
  const journal = await Journal.read(filesOf(host));
  const context = { spec: SPEC, host, journal, node: await nodeTraces(host, journal) };
  const signal = new AbortController().signal;
  await new Pipeline(resetPhases, {
    host: 'fake',
    context,
    emit: () => {},
    signal,
    wet: true,
  }).run();
}

function joinedNode(node: FakeNode = {}): FakeHost {
  const units = { 'kubelet.service': { active: true, enabled: true } };
  const commands = { ip: '', find: '', ps: '' };
  return fakeHost({ units, commands, ...node, files: { ...FILES, [JOURNAL]: lines(JOINED), ...node.files } });
}

describe('reset', () => {
  it('reset puts a node back from its journal, kubelet first and journal last', async () => {
    const host = joinedNode();
    await run(host);
    assert.deepEqual(
      host.changes.filter((change) => !/^(write|make) \/var\/lib\/edgeadm/.test(change)),
      [
        'stop kubelet.service',
        'run ip link delete flannel.1',
        'stop kubelet.service',
        'remove /etc/kubernetes/kubelet.conf',
        'remove /etc/containerd/config.toml',
        'remove /var/lib/kubelet',
        'reload units',
        'remove /var/lib/edgeadm/backup',
        'remove /var/lib/edgeadm/reserve',
        `remove ${JOURNAL}`,
      ],
    );
  });

  it('reset ends a drill that was killed before it stops the kubelet, which the timer would start again', async () => {
    const drill = { '/var/lib/edgeadm-drill/end.sh': '', '/var/lib/edgeadm-drill/state.json': '{}' };
    const units = { 'kubelet.service': { active: true }, 'edgeadm-drill.timer': { active: true } };
    const commands = { ip: '', find: '', ps: '', systemctl: '', '/bin/sh': '' };
    const host = joinedNode({ files: drill, units, commands });
    await run(host);
    assert.deepEqual(host.changes.slice(0, 5), [
      'run systemctl start edgeadm-drill.service',
      'run systemctl stop edgeadm-drill.timer',
      'run /bin/sh /var/lib/edgeadm-drill/end.sh',
      'remove /var/lib/edgeadm-drill',
      'stop kubelet.service',
    ]);
  });

  it('reset shows the phase that ends a drill only if one is unfinished', async () => {
    const [phase] = resetPhases.filter(({ name }) => name === 'end-drill');
    const shown = async (files: Record<string, string>) => {
      const host = joinedNode({ files });
      const journal = await Journal.read(filesOf(host));
      return phase?.when?.({ spec: SPEC, host, journal, node: await nodeTraces(host, journal) });
    };
    assert.equal(await shown({ '/var/lib/edgeadm-drill/state.json': '{}' }), true);
    assert.equal(await shown({}), 'no drill is unfinished');
  });

  it("reset that follows one with --keep-runtime leaves all links: none is noted as the machine's own any more", async () => {
    const runtime = JOINED.filter((entry) => 'phase' in entry && entry.phase.startsWith('install-runtime'));
    const host = joinedNode({ files: { [JOURNAL]: lines(runtime) } });
    await run(host);
    assert.ok(host.changes.includes('remove /etc/containerd/config.toml'));
    assert.ok(!host.changes.some((change) => change.startsWith('run ip link')));
  });

  it('reset finishes if an earlier one was killed after it had put everything back', async () => {
    const host = fakeHost({ files: { [JOURNAL]: '' }, commands: { ip: '', find: '', ps: '' } });
    await run(host);
    assert.equal(await host.stat(JOURNAL), undefined);
  });

  it('reset keeps the journal if something could not be put back', async () => {
    const mount = '9 1 8:1 /home /var/lib/kubelet/pods/1/vol rw - ext4 /dev/vda rw';
    const host = joinedNode({ files: { '/proc/self/mountinfo': mount } });
    await assert.rejects(run(host), { code: 'RESET_INCOMPLETE', why: '/var/lib/kubelet/pods/1/vol' });
    assert.ok(await host.stat(JOURNAL));
    assert.ok(await host.stat('/var/lib/kubelet/config.yaml'));
  });

  it('reset requires a kubeconfig for what a node may not do itself', () => {
    assert.throws(() => checkResetSpec({ ...SPEC, drain: true, deleteNode: true }), {
      code: 'USAGE',
      what: '--drain and --delete-node cannot be used without --kubeconfig',
    });
    checkResetSpec({ ...SPEC, drain: true, kubeconfig: 'admin.conf' });
    checkResetSpec(SPEC);
  });
});
