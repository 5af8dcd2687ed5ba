import { hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Node } from './node.ts';
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

/** What a node's kernel and runtime are asked, and which lines of the answers count. */
const questions: Record<string, { command: [string, ...string[]]; lines?: (text: string) => string[] }> = {
  interfaces: {
    command: ['ip', '-br', 'link'],
    lines: (text) => linesOf(text).map((line) => line.split(/[@ ]/)[0] ?? ''),
  },
  addresses: {
    command: ['ip', '-4', '-br', 'addr'],
    lines: (text) => linesOf(text).map((line) => line.replace(/@\S+/, '')),
  },
  routes: { command: ['ip', '-4', 'route', 'show', 'table', 'all'] },
  rules: { command: ['ip', 'rule'] },
  iptables: { command: ['iptables-save'], lines: iptablesRules },
  ip6tables: { command: ['ip6tables-save'], lines: iptablesRules },
  sysctls: { command: ['sysctl', '-a', '-r', sysctlPattern] },
  mounts: { command: ['findmnt', '-rno', 'TARGET,FSTYPE'] },
  processes: {
    // What has no memory is a thread of the kernel, or has ended.
    command: ['ps', '-e', '--no-headers', '-o', 'vsz,comm'],
    lines: (text) =>
      linesOf(text)
        .filter((line) => !line.startsWith('0 '))
        .map((line) => line.replace(/^\d+ /, ''))
        .filter((name) => !passingProcesses.test(name)),
  },
  // The first is of version 1, the others are of version 2.
  cgroups: { command: ['find', ...CGROUPS, '-type', 'd', '-name', '*kube*'] },
  images: { command: ['ctr', '-n', 'k8s.io', 'images', 'ls', '-q'] },
  containers: { command: ['ctr', '-n', 'k8s.io', 'containers', 'ls', '-q'] },
};

/** Takes a photograph of a node that is up. Files that have not changed since the last one are not read again. */
export async function photograph(node: Node): Promise<Photograph> {
  const live = `/proc/${node.initPid}/root`;
  const [disk, run, kernel] = await Promise.all([walk(node.root, ''), walk(live, '/run'), askKernel(node)]);
  await readContents(disk);
  const files = new Map([...disk.values(), ...run.values()].map((entry) => [entry.path, describe(entry)] as const));
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
  for (const path of [...new Set([...before.files.keys(), ...after.files.keys()])].sort().filter(counts)) {
    const [was, is] = [before.files.get(path), after.files.get(path)];
    if (was === undefined) lines.push(`+ ${path}  ${is}`);
    else if (is === undefined) lines.push(`- ${path}  ${was}`);
    else if (was !== is) lines.push(`~ ${path}  ${was}  ->  ${is}`);
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
}

/** Everything below `dir` of `root` on the same file system, and on that of /var. */
async function walk(root: string, dir: string): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  const { dev } = await lstat(join(root, dir), { bigint: true });
  const visit = async (path: string): Promise<void> => {
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
  const queue = [...entries.values()].filter(({ stats }) => stats.isFile());
  const reader = async () => {
    for (let entry = queue.pop(); entry; entry = queue.pop()) {
      const { dev, ino, size, mtimeNs, ctimeNs } = entry.stats;
      // Overlays keep the inode numbers of their common lower layer: only what is older than this run is shared by nodes.
      const common = ctimeNs < startedNs && !entry.path.startsWith('/var/');
      const key = [common ? '' : `${dev} ${entry.file}`, ino, size, mtimeNs, ctimeNs].join();
      const sum = known.get(key) ?? hash('sha256', await readFile(entry.file).catch(() => ''));
      known.set(key, sum);
      entry.content = sum;
    }
  };
  await Promise.all([reader(), reader(), reader(), reader()]);
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

/**
 * Asks a machine what its kernel and its container runtime know.
 * @param timeout seconds for each question
 */
export async function askKernel(node: Pick<Node, 'run'>, timeout = 10): Promise<Map<string, Set<string>>> {
  const answers = Object.entries(questions).map(async ([section, { command, lines = linesOf }]) => {
    const [file, ...args] = command;
    const { stdout } = await node.run(file, args, { timeout });
    return [section, new Set(lines(stdout).filter(Boolean).sort())] as const;
  });
  return new Map(await Promise.all(answers));
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
