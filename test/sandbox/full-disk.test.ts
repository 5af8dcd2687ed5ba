import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type BedNode, CLUSTER_VERSION, type WorkflowBed, workflowBed } from '../integration/workflow-bed/bed.ts';
import { PROGRAM } from './program.ts';

/** A mount of one's own needs the rights of root, or a namespace in which one has them. */
const NAMESPACE = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
/** It is killed after this: the error is expected at once. */
const KILL_AFTER_S = 30;

/** $1: the folder whose disk is full; $2: a copy of it, which has it back in the end. */
const FULL = `disk=$1 copy=$2; shift 2
mount -t tmpfs -o size=3m,mode=700 tmpfs "$disk" && cp -a "$copy/." "$disk" || exit 99
cat /dev/zero >"$disk/filler" 2>/dev/null
timeout -s KILL ${KILL_AFTER_S} "$@"; code=$?
rm "$disk/filler"; rm -rf "$copy"; mkdir "$copy"; cp -a "$disk/." "$copy"; exit $code`;
const READ_ONLY = `disk=$1; shift 2
mount --bind "$disk" "$disk" && mount -o remount,bind,ro "$disk" || exit 99
exec timeout -s KILL ${KILL_AFTER_S} "$@"`;
const DISKS = { full: FULL, 'read-only': READ_ONLY };

interface Row {
  readonly command: string;
  /** Whether the node is joined before. */
  readonly joined?: boolean;
  /** What it does all the same: the room that a join keeps in reserve is enough for it, or it needs no file. */
  readonly succeedsIf?: readonly string[];
  /** The folder whose disk it is; default: the state of edgeadm on the node. */
  readonly disk?: (folder: string) => string;
  readonly words: (node: BedNode, disk: string) => readonly string[];
}

describe('a command that writes to a disk that is full or read-only', function () {
  this.timeout(120_000);
  let bed: WorkflowBed;
  let bundle: string;
  let folder: string;
  before(async function () {
    if (spawnSync('unshare', [...NAMESPACE, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status !== 0) this.skip();
    bed = await workflowBed();
    bundle = await bed.bundle(CLUSTER_VERSION);
  });
  after(() => bed?.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-disk-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const own = (name: string): string => join(folder, name);
  const rows: readonly Row[] = [
    { command: 'join', words: ({ root }) => ['join', ...bed.joinWords, '--root', root, '--yes'] },
    { command: 'reset', joined: true, succeedsIf: ['full'], words: ({ root }) => ['reset', '--root', root] },
    { command: 'upgrade', joined: true, words: ({ root }) => ['upgrade', '--root', root, '--bundle', bundle] },
    {
      command: 'diagnose',
      disk: own,
      words: ({ root }, disk) => ['diagnose', '--root', root, '--output', join(disk, 'archive.tgz')],
    },
    {
      command: 'bundle create',
      disk: own,
      words: (_, disk) => {
        const files = ['--kubernetes-version', 'v1.20.2', '--kubelet', process.execPath];
        const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
        return ['bundle', 'create', join(disk, 'bundle'), ...files, '--arch', arch];
      },
    },
    {
      command: 'sandbox up',
      disk: own,
      words: (_, disk) => ['sandbox', 'up', '--dir', join(disk, 'sandbox'), '--port', '0'],
    },
    {
      command: 'preflight with a log file',
      disk: own,
      succeedsIf: ['full', 'read-only'],
      words: ({ root }, disk) => [
        ...['preflight', ...bed.joinWords, '--root', root, '--yes'],
        ...['--log-file', join(disk, 'log', 'edgeadm.log')],
      ],
    },
  ];

  for (const { command, joined = false, succeedsIf = [], disk: diskIn, words } of rows) {
    for (const [kind, script] of Object.entries(DISKS)) {
      const succeeds = succeedsIf.includes(kind);
      it(`edgeadm ${command} on a ${kind} disk ${succeeds ? 'succeeds' : 'ends at once with an error'}, and loses nothing`, async () => {
        const node = await bed.node();
        const before = await node.photograph();
        if (joined) await node.join();
        const disk = diskIn?.('disk') ?? join(node.root, 'var/lib/edgeadm');
        const copy = own('copy');
        await mkdir(disk, { recursive: true });
        await cp(disk, copy, { recursive: true, preserveTimestamps: true });
        const args = ['-c', script, 'sh', disk, copy, ...PROGRAM, ...words(node, disk)];
        const ended = await execa('unshare', [...NAMESPACE, 'sh', ...args], {
          reject: false,
          all: true,
          extendEnv: false,
          env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', TMPDIR: folder },
        });
        const said = `exit code ${ended.exitCode}: ${ended.all}`;
        assert.ok((succeeds ? [0] : [1, 3]).includes(ended.exitCode ?? -1), said);
        if (!succeeds) assert.match(ended.all ?? '', kind === 'full' ? /NO_SPACE/ : /WRITE_FAILED/);
        if (kind === 'full') {
          await rm(disk, { recursive: true });
          await cp(copy, disk, { recursive: true, preserveTimestamps: true });
        }
        // Nobody holds the lock any more, and nothing is lost.
        await node.reset();
        await rm(join(node.root, 'var/lib/edgeadm'), { recursive: true, force: true });
        assert.deepEqual(await node.photograph(), before);
      });
    }
  }
});
