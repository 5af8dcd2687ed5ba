import assert from 'node:assert/strict';
import type { Before, Change, NotedChange } from '../../../src/host/journal/entry.ts';
import type { Journal } from '../../../src/host/journal/journal.ts';
import { JournalRecord } from '../../../src/host/journal/record.ts';
import { imageRecords, rollBackChanges } from '../../../src/host/roll-back.ts';
import { fakeHost } from '../fake-host.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const LISTING = `REF TYPE DIGEST SIZE PLATFORMS LABELS
registry.k8s.io/pause:3.6 application/vnd.oci.image.manifest.v1+json ${DIGEST} 700.0 KiB linux/amd64 io.cri-containerd.image=managed
sha256:1111 application/vnd.oci.image.manifest.v1+json ${DIGEST} 700.0 KiB linux/amd64 io.cri-containerd.image=managed
localhost/mine:1 application/vnd.oci.image.manifest.v1+json ${OTHER} 1.0 MiB linux/amd64 -
sha256:2222 application/vnd.oci.image.manifest.v1+json ${OTHER} 1.0 MiB linux/amd64 io.cri-containerd.image=managed
`;

/** A journal in memory; `state.kept` is what a roll-back left in it, undefined where it forgot nothing. */
function journalOf(...changes: (Change & { phase?: string })[]) {
  const entries = changes.map((change) => ({ phase: 'prepare-node', ...change })) as NotedChange[];
  const state: { kept?: readonly NotedChange[] } = {};
  const parts: Pick<
    Journal,
    'changesSince' | 'claimOf' | 'choice' | 'forgetChanges' | 'freeReserve' | 'unsyncedImages'
  > = {
    changesSince: (mark) => new JournalRecord(entries).changesSince(mark),
    unsyncedImages: new JournalRecord(entries).unsyncedImages,
    claimOf: (path) => new JournalRecord(entries).claimOf(path),
    choice: () => undefined,
    forgetChanges: async (since, keep) => {
      const start = Number(since) || 0;
      state.kept = [...entries.slice(0, start), ...entries.slice(start).filter(keep)];
    },
    freeReserve: async () => {},
  };
  return { journal: parts as Journal, state, entries };
}

const absent: Before = { type: 'absent' };
const copy = (backup: string): Before => ({ type: 'file', mode: 0o644, uid: 0, gid: 0, backup });

describe('putting a node back as it was', () => {
  it('stops what the join started, takes files back in reverse order, then runs again what ran before', async () => {
    const { journal, state } = journalOf(
      { kind: 'directory', path: '/etc/kubernetes' },
      { kind: 'file', path: '/etc/kubernetes/kubelet.conf', before: absent },
      { kind: 'file', path: '/etc/containerd/config.toml', before: copy('/var/lib/edgeadm/backup/1') },
      { kind: 'service', unit: 'containerd.service', wasActive: true },
      { kind: 'sysctl', key: 'net.ipv4.ip_forward', before: '0' },
      { kind: 'enable', unit: 'kubelet.service', was: false },
      { kind: 'service', unit: 'kubelet.service', wasActive: false },
    );
    const host = fakeHost({
      units: { 'containerd.service': { active: true }, 'kubelet.service': { active: true, enabled: true } },
      files: {
        '/etc/kubernetes/kubelet.conf': 'x',
        '/etc/containerd/config.toml': 'new',
        '/var/lib/edgeadm/backup/1': 'old',
      },
    });
    assert.deepEqual(await rollBackChanges(host, journal), []);
    assert.deepEqual(host.changes, [
      'stop kubelet.service',
      'disable kubelet.service',
      'set net.ipv4.ip_forward = 0',
      'write /etc/containerd/config.toml',
      'remove /etc/kubernetes/kubelet.conf',
      'reload units',
      'restart containerd.service',
    ]);
    assert.equal(await host.read('/etc/containerd/config.toml'), 'old');
    assert.deepEqual(state.kept, []);
  });

  it('ends with the first state of a file that was changed several times, also when run twice', async () => {
    const path = '/var/lib/kubelet/config.yaml';
    const { journal } = journalOf(
      { kind: 'file', path, before: copy('/b/1') },
      { kind: 'file', path, before: copy('/b/2') },
    );
    const host = fakeHost({ files: { [path]: 'third', '/b/1': 'first', '/b/2': 'second' } });
    await rollBackChanges(host, journal);
    assert.equal(await host.read(path), 'first');
    await rollBackChanges(host, journal);
    assert.equal(await host.read(path), 'first');
  });

  it('removes what a run that was killed had only begun to write', async () => {
    const { journal } = journalOf({ kind: 'file', path: '/usr/bin/kubelet', before: absent });
    const host = fakeHost({ files: { '/usr/bin/.kubelet.edgeadm-tmp': 'half' } });
    await rollBackChanges(host, journal);
    assert.equal(await host.read('/usr/bin/.kubelet.edgeadm-tmp'), undefined);
  });

  it('puts a symlink back, and enables what the join had disabled', async () => {
    const { journal } = journalOf(
      { kind: 'enable', unit: 'firewalld.service', was: true },
      { kind: 'file', path: '/etc/resolv.conf', before: { type: 'symlink', target: '/run/resolv.conf' } },
    );
    const host = fakeHost({ units: { 'firewalld.service': {} }, files: { '/etc/resolv.conf': 'x' } });
    await rollBackChanges(host, journal);
    assert.deepEqual(host.changes, [
      'link /etc/resolv.conf to /run/resolv.conf',
      'reload units',
      'enable firewalld.service',
    ]);
  });

  it('forgets nothing if something could not be put back, and goes on with the rest', async () => {
    const { journal, state } = journalOf(
      { kind: 'file', path: '/etc/a', before: absent },
      { kind: 'claim', path: '/var/lib/kubelet' },
    );
    const host = fakeHost({
      files: {
        '/etc/a': '',
        '/var/lib/kubelet/pods/1': '',
        '/proc/self/mountinfo': '9 1 0:50 / /var/lib/kubelet/pods/1 rw - tmpfs t rw',
      },
    });
    const left = await rollBackChanges(host, journal);
    assert.equal(left.length, 1);
    assert.match(left[0] ?? '', /^\/var\/lib\/kubelet: .*mounted below it: \/var\/lib\/kubelet\/pods\/1$/);
    assert.deepEqual(host.changes, ['remove /etc/a']);
    assert.equal(state.kept, undefined);
  });

  it('takes back only what came after a point, and what is not to be kept', async () => {
    const { journal, state, entries } = journalOf(
      { kind: 'file', path: '/etc/1', before: absent },
      { kind: 'file', path: '/etc/2', before: absent, phase: 'install-runtime/config' },
      { kind: 'file', path: '/etc/3', before: absent },
    );
    const host = fakeHost({ files: { '/etc/1': '', '/etc/2': '', '/etc/3': '' } });
    await rollBackChanges(host, journal, {
      since: 1,
      keep: ({ phase }) => phase.startsWith('install-runtime'),
    });
    assert.deepEqual(host.changes, ['remove /etc/3']);
    assert.deepEqual(state.kept, entries.slice(0, 2));
  });

  it('changes nothing in a dry run, not even the journal', async () => {
    const { journal, state } = journalOf({ kind: 'file', path: '/etc/1', before: absent });
    await rollBackChanges({ ...fakeHost(), wet: false }, journal);
    assert.equal(state.kept, undefined);
  });
});

describe('images that a join loaded', () => {
  it('go with the records that containerd made for them, unless another name needs those', () => {
    assert.deepEqual(imageRecords(LISTING, new Set(['registry.k8s.io/pause:3.6', 'gone:1'])), [
      'sha256:1111',
      'registry.k8s.io/pause:3.6',
    ]);
    const shared = `${LISTING}mine/pause:1 application/x ${DIGEST} 700.0 KiB linux/amd64 -\n`;
    assert.deepEqual(imageRecords(shared, new Set(['registry.k8s.io/pause:3.6'])), ['registry.k8s.io/pause:3.6']);
  });

  it('images that a join loaded are removed although an earlier reset stopped containerd before it came to them', async () => {
    const { journal } = journalOf(
      { kind: 'service', unit: 'containerd.service', wasActive: false },
      { kind: 'image', name: 'registry.k8s.io/pause:3.6' },
    );
    const host = fakeHost({
      units: { 'containerd.service': {} },
      commands: {
        ctr: (args) =>
          args.includes('list') && !host.changes.includes('start containerd.service') ? { exitCode: 1 } : LISTING,
      },
    });
    await rollBackChanges(host, journal);
    assert.deepEqual(host.changes, [
      'start containerd.service',
      'run ctr --namespace k8s.io images remove --sync sha256:1111 registry.k8s.io/pause:3.6',
      'stop containerd.service',
      'reload units',
    ]);
  });

  const ARCHIVE = '/var/lib/edgeadm/images/pause.tar';
  const IMPORT = 'ctr --namespace k8s.io images import';

  /** Whether a roll-back kills a process with this command line. @param imported what is there once it has ended */
  async function rollBackBeside(running: string, imported = LISTING) {
    const { journal } = journalOf({ kind: 'image', name: 'registry.k8s.io/pause:3.6', archive: ARCHIVE });
    const killed = () => host.changes.filter((change) => change.startsWith('run pkill')).length > 0;
    const removed = () => host.changes.filter((change) => change.includes('images remove')).length;
    const host = fakeHost({
      units: { 'containerd.service': { active: true } },
      commands: {
        pgrep: (args) => ({ exitCode: !killed() && new RegExp(args.at(-1) ?? '').test(running) ? 0 : 1 }),
        pkill: {},
        ctr: (args) => (args.includes('list') ? ([LISTING, imported][removed()] ?? '') : {}),
      },
    });
    assert.deepEqual(await rollBackChanges(host, journal), []);
    return { killed: killed(), removed: removed() };
  }

  for (const [running, ends] of [
    [`/usr/local/bin/${IMPORT} ${ARCHIVE}`, true],
    [`/bin/sh /usr/local/bin/${IMPORT} ${ARCHIVE}`, true],
    [`/usr/local/bin/${IMPORT} /home/admin/own.tar`, false],
    [`sh -c ${IMPORT} ${ARCHIVE}`, false],
    [`vi notes on ${IMPORT} ${ARCHIVE}`, false],
  ] as const)
    it(`images that a join loaded: "${running}" that still runs is ${ends ? 'ended' : "left alone, since it is not the join's"}`, async () => {
      assert.equal((await rollBackBeside(running)).killed, ends);
    });

  it('images that a join loaded: what containerd completes for an import that was ended is removed too', async () => {
    assert.equal((await rollBackBeside(`${IMPORT} ${ARCHIVE}`)).removed, 2);
    assert.equal((await rollBackBeside(`${IMPORT} ${ARCHIVE}`, '')).removed, 1);
    assert.equal((await rollBackBeside('sleep 1')).removed, 1);
  });

  for (const [boot, ends] of [
    ['of now', false],
    ['before', true],
  ] as const)
    it(`images that a join loaded: what cut imports hold ${ends ? 'goes after a power cut' : 'stays if the machine was not started since'}`, async () => {
      const { journal } = journalOf({ kind: 'image', name: 'registry.k8s.io/pause:3.6', boot });
      const leases = 'ID CREATED AT LABELS\nan-import now containerd.io/gc.expire=tomorrow\na-pod now -\n';
      const host = fakeHost({
        sysctls: { 'kernel.random.boot_id': 'of now' },
        commands: { ctr: (args) => (args.includes('leases') ? leases : LISTING) },
      });
      await rollBackChanges(host, journal);
      const ended = host.changes.filter((change) => change.includes('leases'));
      assert.deepEqual(ended, ends ? ['run ctr --namespace k8s.io leases delete --sync an-import'] : []);
    });

  it('images that a join loaded are removed by the older containerd if the one that replaced it does not run', async () => {
    const { journal } = journalOf(
      { kind: 'image', name: 'registry.k8s.io/pause:3.6' },
      { kind: 'file', path: '/usr/local/bin/containerd', before: copy('/b/1') },
      { kind: 'service', unit: 'containerd.service', wasActive: true },
    );
    const host = fakeHost({
      units: { 'containerd.service': { active: true } },
      files: { '/usr/local/bin/containerd': 'broken', '/b/1': 'good' },
      commands: {
        pgrep: { exitCode: 1 },
        ctr: ([, , , verb]) => {
          const runs = host.changes.includes('restart containerd.service');
          return verb === 'list' && runs ? LISTING : { exitCode: runs ? 0 : 1 };
        },
      },
    });
    assert.deepEqual(await rollBackChanges(host, journal), []);
    assert.match(
      host.changes.at(-1) ?? '',
      /^run ctr .*images remove --sync sha256:1111 registry\.k8s\.io\/pause:3\.6$/,
    );
  });

  it('images that a join loaded do not matter if containerd went with the join that brought it', async () => {
    const { journal } = journalOf({ kind: 'image', name: 'registry.k8s.io/pause:3.6' });
    const host = fakeHost();
    assert.deepEqual(await rollBackChanges(host, journal), []);
    assert.deepEqual(host.changes, []);
  });
});
