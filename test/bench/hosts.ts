import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { executable } from '../dist/release.ts';
import { freshNode, joinArgs, testBed } from '../e2e/bed.ts';
import { clean, type Node, subnet, world } from '../testbed/index.ts';
import { median, say, writeFigures } from './report.ts';

const HOSTS = 100;
/** Of both programs; Ansible's default of 5 would let edgeadm's 8 look better than it is. */
const AT_ONCE = 8;

interface Run {
  readonly seconds: number;
  readonly failed: number;
}

/** One machine with an address for each host: what the other sides do is then the same for both programs. */
async function manyHosts(): Promise<{ node: Node; addresses: string[] }> {
  const addresses = Array.from({ length: HOSTS }, (_, index) => `${subnet}.${101 + index}`);
  const { stdout } = await execa('python3', ['-c', 'import sys; print(sys.base_prefix)']);
  const node = await freshNode('hosts', { octet: 11, bind: [[stdout, stdout]] });
  for (const address of addresses) await node.exec('ip', 'addr', 'add', `${address}/32`, 'dev', 'eth0');
  return { node, addresses };
}

/** The node's keys, under every address that it has. */
async function knownHosts(node: Node, addresses: readonly string[], file: string): Promise<void> {
  const lines = (await readFile(node.knownHosts, 'utf8')).trim().split('\n');
  const keys = lines.map((line) => line.replace(/^\S+ /, ''));
  await writeFile(file, keys.map((key) => `${addresses.join(',')} ${key}\n`).join(''));
}

async function timed(work: () => Promise<number>): Promise<Run> {
  const started = performance.now();
  const failed = await work();
  return { failed, seconds: (performance.now() - started) / 1000 };
}

interface Bed {
  readonly dir: string;
  readonly node: Node;
  readonly addresses: readonly string[];
}

async function ansible({ dir, node, addresses }: Bed): Promise<number> {
  const python = (await execa('python3', ['-c', 'import sys; print(sys.base_prefix)'])).stdout;
  const settings = [
    'ansible_user=root',
    `ansible_ssh_private_key_file=${node.sshKey}`,
    `ansible_python_interpreter=${python}/bin/python3`,
    `ansible_ssh_common_args='-o UserKnownHostsFile=${join(dir, 'known_hosts')}'`,
  ];
  await writeFile(
    join(dir, 'inventory.ini'),
    addresses.map((address) => `${address} ${settings.join(' ')}\n`).join(''),
  );
  const args = ['all', '-i', join(dir, 'inventory.ini'), '-m', 'setup', '-f', String(AT_ONCE), '-o'];
  const { stdout } = await execa('ansible', args, { reject: false, env: { ANSIBLE_NOCOLOR: '1' } });
  return addresses.length - stdout.split('\n').filter((line) => / \| SUCCESS /.test(line)).length;
}

async function preflight({ dir, node, addresses }: Bed): Promise<number> {
  const [, ...flags] = await joinArgs();
  const hosts = addresses.flatMap((address) => ['--host', `root@${address}`]);
  const ssh = ['--ssh-key', node.sshKey, '--known-hosts', join(dir, 'known_hosts')];
  const args = ['preflight', ...flags, ...hosts, ...ssh, '--concurrency', String(AT_ONCE), '-o', 'json'];
  // The bundle lies on this machine, not where nodes see it.
  const { bundle } = await testBed();
  const here = args.map((arg) =>
    arg === '/opt/bundle' ? bundle : arg === '/root/matrix.yaml' ? join(dir, 'matrix.yaml') : arg,
  );
  const { stdout } = await execa(await executable(), here, { reject: false });
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { hosts?: { ok: boolean }[] };
  const done = (last.hosts ?? []).filter(({ ok }) => ok).length;
  return addresses.length - done;
}

/** Preflight of a hundred hosts over SSH against Ansible's `setup`, which reads facts and judges nothing. */
export async function benchHosts(rounds: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'edgeadm-bench-hosts-'));
  try {
    // What is built takes no part of the time.
    await Promise.all([testBed(), executable()]);
    const bed = { dir, ...(await manyHosts()) };
    await knownHosts(bed.node, bed.addresses, join(dir, 'known_hosts'));
    await writeFile(join(dir, 'matrix.yaml'), await bed.node.read('/root/matrix.yaml'));
    const peers: Run[] = [];
    const ours: Run[] = [];
    for (let round = 1; round <= rounds; round++) {
      peers.push(await timed(() => ansible(bed)));
      ours.push(await timed(() => preflight(bed)));
      say(`hosts ${round}/${rounds}: ansible ${JSON.stringify(peers.at(-1))}, edgeadm ${JSON.stringify(ours.at(-1))}`);
    }
    const seconds = (runs: readonly Run[]): number => median(runs.map((run) => run.seconds));
    const row = (name: string, runs: readonly Run[]): string =>
      `| ${name} | ${seconds(runs).toFixed(1)} | ${(seconds(runs) / seconds(peers)).toFixed(2)} | ${Math.max(...runs.map(({ failed }) => failed))} |`;
    await writeFigures(
      'bench-hosts',
      [
        `Measured on ${cpus().length} cores, which workstation and hosts share, with \`EDGEADM_TESTBED_WORLD=${world.name} npm run bench -- --only hosts --rounds ${rounds}\`; medians, by turns, ${AT_ONCE} hosts at a time.`,
        '',
        `| ${HOSTS} hosts over SSH | seconds | ratio | hosts that failed |`,
        '| --- | --- | --- | --- |',
        row("Ansible's `setup`: reads facts, checks nothing", peers),
        row('`edgeadm preflight` with a bundle', ours),
      ].join('\n'),
    );
  } finally {
    await clean();
    await rm(dir, { recursive: true, force: true });
  }
}
