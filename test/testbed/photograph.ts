import { type BigIntStats, existsSync } from 'node:fs';
import { lstat, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cached } from './cache.ts';
import type { Node } from './node.ts';
import { sumOfFile } from './sum.ts';
import { until } from './wait.ts';

/** What a node's disk holds and what its kernel knows of it, as lines to compare. */
export interface Photograph {
  /** Path to what is there: type, mode, owner, size and SHA-256 or link target (in /run type, mode and owner). */
  files: Map<string, string>;
  /** Interfaces, routes, rules and so on: section to lines. */
  kernel: Map<string, Set<string>>;
}

/** What changes on a node all by itself. A path stands for all below it too. */
const volatilePaths: { path: string; why: string; onlyIfThereBefore?: boolean }[] = [
  { path: '/var/lib/containerd', why: "a container runtime's own database and images", onlyIfThereBefore: true },
  { path: '/var/log/journal', why: "journald's" },
  { path: '/var/log/wtmp', why: 'log of logins: SSH sessions of the tests' },
  { path: '/var/log/lastlog', why: 'log of logins' },
  { path: '/var/log/btmp', why: 'log of failed logins' },
  { path: '/var/log/sudo-io', why: 'sudo writes it' },
  { path: '/home/admin/.sudo_as_admin_successful', why: "Debian's sudo leaves it for members of its group" },
  { path: '/home/ops/.sudo_as_admin_successful', why: "Debian's sudo leaves it for members of its group" },
  { path: '/var/lib/sudo', why: 'sudo remembers whom it has lectured' },
  { path: '/var/lib/systemd', why: "timers, random seed and the like: systemd's own state" },
  { path: '/var/lib/private', why: "systemd's, for services with dynamic users" },
  { path: '/var/tmp', why: 'temporary by definition; systemd makes private folders in it' },
  { path: '/var/lib/dbus', why: 'made by dbus when it first starts' },
  { path: '/var/lost+found', why: 'belongs to the file system' },
  { path: '/etc/.pwd.lock', why: 'lock of the user database, left by systemd-sysusers' },
  { path: '/opt/containerd', why: 'containerd makes it when it starts', onlyIfThereBefore: true },
  { path: '/run/systemd', why: "systemd's own state" },
  { path: '/run/udev', why: "udev's own state" },
  { path: '/run/log', why: 'journal of this boot' },
  { path: '/run/user', why: 'sessions of users' },
  { path: '/run/sudo', why: 'sudo remembers whom it has asked for a password' },
  { path: '/run/utmp', why: 'users who are logged in' },
  { path: '/run/motd.dynamic', why: 'made for every login' },
  { path: '/run/lock', why: 'locks of this boot' },
  { path: '/run/xtables.lock', why: 'every call of iptables leaves it' },
  { path: '/run/containerd', why: "a container runtime's own sockets and state", onlyIfThereBefore: true },
];

/** Programs that come and go: logins, systemd's helpers, and the ones that look. */
const passingProcesses =
  /^(ps|nsenter|env|ip|ip6?tables-save|sysctl|findmnt|ctr|find|timeout|sshd(-session)?|sftp-server|sudo|systemd.*|dbus.*|\(.*\))$/;

const sysctlPattern =
  '^net\\.(bridge\\.|ipv4\\.ip_forward$|ipv[46]\\.conf\\.all\\.(forwarding|rp_filter|route_localnet)$)';

const linesOf = (text: string) => text.split('\n').map((line) => line.trim().replace(/\s+/g, ' '));

const CGROUPS = ['pids', 'kubepods', 'kubepods.slice', 'system.slice'].map((name) => `/sys/fs/cgroup/${name}`);

/** What a node's kernel and runtime are asked by its shell, and which lines of the answers count. */
const questions: Record<string, { command: string; lines?: (text: string) => string[] }> = {
  interfaces: {
    command: 'ip -br link',
    lines: (text) => linesOf(text).map((line) => line.split(/[@ ]/)[0] ?? ''),
  },
  addresses: {
    command: 'ip -4 -br addr',
    lines: (text) => linesOf(text).map((line) => line.replace(/@\S+/, '')),
  },
  routes: { command: 'ip -4 route show table all' },
  rules: { command: 'ip rule' },
  iptables: { command: 'iptables-save', lines: iptablesRules },
  ip6tables: { command: 'ip6tables-save', lines: iptablesRules },
  // Of these folders only: to read all there are takes longer than all other questions.
  sysctls: {
    command: `sysctl -e -r '${sysctlPattern}' net.bridge net.ipv4.ip_forward net.ipv4.conf.all net.ipv6.conf.all`,
  },
  mounts: { command: 'findmnt -rno TARGET,FSTYPE' },
  processes: {
    // All but the shell that asks. What has no memory is a thread of the kernel, or has ended.
    command: 'ps --deselect --pid $$ --no-headers -o vsz,comm',
    lines: (text) =>
      linesOf(text)
        .filter((line) => !line.startsWith('0 '))
        .map((line) => line.replace(/^\d+ /, ''))
        .filter((name) => !passingProcesses.test(name)),
  },
  // The first is of version 1, the others are of version 2.
  cgroups: { command: `find ${CGROUPS.join(' ')} -type d -name '*kube*'` },
  images: { command: 'ctr -n k8s.io images ls -q' },
  containers: { command: 'ctr -n k8s.io containers ls -q' },
};

/** Takes a photograph of a node that is up. Files that have not changed since the last one are not read again. */
export async function photograph(node: Node): Promise<Photograph> {
  const live = `/proc/${node.initPid}/root`;
  const [disk, run, kernel] = await Promise.all([
    layersOf(node.root).then((layers) => walk(node.root, '', layers)),
    walk(live, '/run'),
    askKernel(node),
  ]);
  await readContents(disk);
  const files = new Map([...disk.values(), ...run.values()].map((entry) => [entry.path, textOf(entry)] as const));
  return { files, kernel };
}

/** What a kubelet and an edge-hub write as long as they run. */
const WORK = ['/etc/kubernetes/cache', '/var/log'];

/**
 * Takes a photograph of a node whose kubelet runs, once nothing of it has changed for a second: a kubelet that has just started makes
 * its iptables chains table by table, and folders of its pods, after the node is Ready.
 */
export async function photographAtRest(node: Node): Promise<Photograph> {
  let last = await photograph(node);
  let changes: string[] = [];
  const atRest = async (): Promise<Photograph | false> => {
    await sleep(1000);
    const now = await photograph(node);
    changes = difference(last, now, WORK);
    last = now;
    return changes.length === 0 && now;
  };
  return until(`${node.name} to come to rest`, atRest, 240, async () => changes.join('\n'));
}

/**
 * What is different, one readable line each: `+ ...` appeared, `- ...` went, `~ ...` changed.
 * @param allowed what may differ: paths (with all below them) and beginnings of kernel lines such as
 * `sysctls: net.ipv4.ip_forward`
 */
export function difference(before: Photograph, after: Photograph, allowed: string[] = []): string[] {
  const volatile = volatilePaths.filter(({ path, onlyIfThereBefore }) => !onlyIfThereBefore || before.files.has(path));
  const tops = [...allowed, ...volatile.map(({ path }) => path)];
  const counts = (path: string) => !tops.some((top) => path === top || path.startsWith(`${top}/`));

  const lines: string[] = [];
  const differs = (path: string) => before.files.get(path) !== after.files.get(path);
  const paths = new Set([...before.files.keys(), ...after.files.keys()].filter(differs));
  for (const path of [...paths].filter(counts).sort()) {
    const [was, is] = [before.files.get(path), after.files.get(path)];
    if (was === undefined) lines.push(`+ ${path}  ${is}`);
    else if (is === undefined) lines.push(`- ${path}  ${was}`);
    else lines.push(`~ ${path}  ${was}  ->  ${is}`);
  }
  for (const [section, was] of before.kernel) {
    const is = after.kernel.get(section) ?? new Set();
    const changes = [
      ...[...is].filter((line) => !was.has(line)).map((line) => ({ sign: '+', line })),
      ...[...was].filter((line) => !is.has(line)).map((line) => ({ sign: '-', line })),
    ];
    for (const { sign, line } of changes) {
      const text = `${section}: ${line}`;
      const ignored = section === 'mounts' && !counts(line.split(' ')[0] ?? '');
      if (!ignored && !allowed.some((beginning) => text.startsWith(beginning))) lines.push(`${sign} ${text}`);
    }
  }
  return lines;
}

interface Entry {
  path: string;
  /** Where it is on this machine. */
  file: string;
  stats: BigIntStats;
  /** Link target or, once read, SHA-256. */
  content?: string;
  /** What a photograph says of it, once it was asked. */
  text?: string;
}

/** The folders that an overlay is made of: what the upper one has not is as it is in the lower one. */
interface Layers {
  lower: string;
  upper: string;
}

/** Those of a node's root. */
async function layersOf(root: string): Promise<Layers> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const overlay = mounts.find((line) => line.split(' ')[4] === root && line.includes(' - overlay ')) ?? '';
  const [, lower] = /\blowerdir=([^,:]+)/.exec(overlay) ?? [];
  const [, upper] = /\bupperdir=([^,]+)/.exec(overlay) ?? [];
  if (!lower || !upper) throw new Error(`${root} is not an overlay of one folder on another`);
  return { lower, upper };
}

/** Entries of a folder that never changes, by the path of the folder they are in. */
type Tree = Map<string, Entry[]>;

const trees = new Map<string, Promise<Tree>>();

/** The common root of nodes, looked at once for all. */
function treeOf(lower: string): Promise<Tree> {
  const tree = trees.get(lower) ?? lookAt(lower);
  trees.set(lower, tree);
  return tree;
}

async function lookAt(lower: string): Promise<Tree> {
  const [entries, sums] = await Promise.all([walk(lower, ''), sumsOf(lower)]);
  for (const entry of entries.values()) {
    if (!entry.stats.isFile()) continue;
    entry.content = sums[entry.path] ?? '';
    known.set(keyOf(entry), entry.content);
  }
  return Map.groupBy(entries.values(), ({ path }) => path.slice(0, path.lastIndexOf('/')));
}

/** SHA-256 by path of all files of a folder of the cache, in the cache as well: every run would take seconds for them. */
async function sumsOf(lower: string): Promise<Record<string, string>> {
  const name = basename(lower);
  const dir = await cached(`sums-${name.replace(/-[0-9a-f]{12}$/, '')}`, { of: name }, async (folder) => {
    const entries = await walk(lower, '');
    await readContents(entries);
    const files = [...entries.values()].filter(({ stats }) => stats.isFile());
    const sums = Object.fromEntries(files.map(({ path, content }) => [path, content]));
    await writeFile(join(folder, 'sums.json'), JSON.stringify(sums));
  });
  return JSON.parse(await readFile(join(dir, 'sums.json'), 'utf8'));
}

/** Everything below `dir` of `root` on the same file system, and on that of /var. */
async function walk(root: string, dir: string, layers?: Layers): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  const { dev } = await lstat(join(root, dir), { bigint: true });
  const common: Tree = layers ? await treeOf(layers.lower) : new Map();
  const take = (path: string): void => {
    for (const entry of common.get(path) ?? []) {
      entries.set(entry.path, entry);
      take(entry.path);
    }
  };
  const visit = async (path: string): Promise<void> => {
    // Whatever is changed below a folder puts that folder into the upper layer.
    if (layers && !path.startsWith('/var') && !existsSync(join(layers.upper, path))) return take(path);
    const names = await readdir(join(root, path)).catch(() => []);
    const found = await Promise.all(names.map((name) => look(root, `${path}/${name}`)));
    for (const entry of found.filter((one) => one !== undefined)) {
      entries.set(entry.path, entry);
      const here = entry.stats.dev === dev || entry.path.startsWith('/var');
      if (entry.stats.isDirectory() && here) await visit(entry.path);
    }
  };
  await visit(dir);
  return entries;
}

/** One entry, or nothing if it went in the meantime. */
async function look(root: string, path: string): Promise<Entry | undefined> {
  const file = join(root, path);
  try {
    const stats = await lstat(file, { bigint: true });
    return { path, file, stats, content: stats.isSymbolicLink() ? await readlink(file) : undefined };
  } catch {
    return undefined;
  }
}

/**
 * SHA-256 by what changes with a file's content: its number and its times to the nanosecond. Nodes share the files of
 * their common root, which so are read once for all; /var is each node's own, perhaps on a device of its own.
 */
const known = new Map<string, string>();
const startedNs = BigInt(Math.floor(performance.timeOrigin)) * 1_000_000n;

async function readContents(entries: Map<string, Entry>): Promise<void> {
  const queue = [...entries.values()].filter(({ stats, text }) => text === undefined && stats.isFile());
  const reader = async () => {
    for (let entry = queue.pop(); entry; entry = queue.pop()) {
      const key = keyOf(entry);
      const sum = known.get(key) ?? (await sumOfFile(entry.file).catch(() => ''));
      known.set(key, sum);
      entry.content = sum;
    }
  };
  await Promise.all([reader(), reader(), reader(), reader()]);
}

function keyOf({ path, file, stats: { dev, ino, size, mtimeNs, ctimeNs } }: Entry): string {
  // Overlays keep the inode numbers of their common lower layer: only what is older than this run is shared by nodes.
  const common = ctimeNs < startedNs && !path.startsWith('/var/');
  return [common ? '' : `${dev} ${file}`, ino, size, mtimeNs, ctimeNs].join();
}

function textOf(entry: Entry): string {
  entry.text ??= describe(entry);
  return entry.text;
}

function describe({ stats, content }: Entry): string {
  const type = kinds.find(([, is]) => is(stats))?.[0] ?? 'other';
  const mode = (stats.mode & 0o7777n).toString(8).padStart(4, '0');
  const parts = [type, mode, `${stats.uid}:${stats.gid}`];
  if (type === 'link') parts.push(`-> ${content}`);
  else if (content) parts.push(`${stats.size} bytes`, `sha256:${content}`);
  return parts.join(' ');
}

const kinds: [string, (stats: BigIntStats) => boolean][] = [
  ['folder', (stats) => stats.isDirectory()],
  ['link', (stats) => stats.isSymbolicLink()],
  ['file', (stats) => stats.isFile()],
  ['socket', (stats) => stats.isSocket()],
  ['pipe', (stats) => stats.isFIFO()],
];

/** Before each answer. */
const MARK = '== ';

/**
 * Asks a machine what its kernel and its container runtime know, by one shell: each process more that is started in a
 * machine costs more than most of the answers.
 * @param timeout seconds for each question
 */
export async function askKernel(node: Pick<Node, 'run'>, timeout = 10): Promise<Map<string, Set<string>>> {
  const asked = Object.entries(questions);
  const script = asked.map(
    ([section, { command }]) => `echo '\n${MARK}${section}'; timeout --signal=KILL ${timeout} ${command}`,
  );
  const { stdout } = await node.run('sh', ['-c', script.join('\n')], { timeout: asked.length * timeout });
  const answers = new Map(
    stdout.split(`\n${MARK}`).map((answer) => {
      const [section = '', ...lines] = answer.split('\n');
      return [section, lines.join('\n')];
    }),
  );
  const linesIn = ([section, { lines = linesOf }]: (typeof asked)[number]): [string, Set<string>] => {
    const answer = answers.get(section);
    if (answer === undefined) throw new Error(`the machine was not asked for its ${section}: ${stdout}`);
    return [section, new Set(lines(answer).filter(Boolean).sort())];
  };
  return new Map(asked.map(linesIn));
}

/** Rules and chains with their table; without counters and without what is there in every empty table. */
function iptablesRules(text: string): string[] {
  let table = '';
  const rules: string[] = [];
  for (const line of linesOf(text)) {
    if (line.startsWith('*')) table = line.slice(1);
    else if (/^:[A-Z]+ ACCEPT/.test(line)) continue;
    else if (/^[:-]/.test(line)) rules.push(`${table} ${line.replace(/ \[\d+:\d+\]$/, '')}`);
  }
  return rules;
}
