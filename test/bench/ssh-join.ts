import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { executable } from '../dist/release.ts';
import { BUNDLE, freshNode, joinArgs, MATRIX, testBed } from '../e2e/bed.ts';
import { clean, installCni, installKubeadm, type Node, world } from '../testbed/index.ts';
import { median, say, writeFigures } from './report.ts';

/** More real nodes than this are too many for two cores. */
const NODES = 8;

interface Run {
  readonly seconds: number;
  /** Of the processor of the workstation, for one host. */
  readonly processorSeconds: number;
}

interface Bed {
  readonly dir: string;
  readonly nodes: readonly Node[];
}

/** Joins all nodes at once. @throws if one of them does not join */
async function joined({ dir, nodes }: Bed, withBundle: boolean): Promise<Run> {
  const { bundle } = await testBed();
  const here = (await joinArgs('--no-edge-hub', '--yes', '-o', 'json')).map((arg) =>
    arg === MATRIX ? join(dir, 'matrix.yaml') : arg,
  );
  const args = withBundle
    ? here.map((arg) => (arg === BUNDLE ? bundle : arg))
    : here.filter((arg) => arg !== '--bundle' && arg !== BUNDLE);
  const hosts = nodes.flatMap(({ address }) => ['--host', `root@${address}`]);
  const ssh = ['--ssh-key', nodes[0]?.sshKey ?? '', '--known-hosts', join(dir, 'known_hosts')];
  const started = performance.now();
  const timed = ['-c', 'TIMEFORMAT="%U %S"; time "$@"', 'bash', await executable(), ...args, ...hosts, ...ssh];
  const { exitCode, stdout, stderr } = await execa('bash', timed, { reject: false });
  if (exitCode !== 0) throw new Error(`edgeadm join ended with ${exitCode}:\n${stdout}\n${stderr}`);
  const [user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { seconds: (performance.now() - started) / 1000, processorSeconds: (user + system) / nodes.length };
}

async function round(name: string, dir: string, withBundle: boolean): Promise<Run> {
  const { cluster } = await testBed();
  const nodes: Node[] = [];
  try {
    for (let index = 0; index < NODES; index++) {
      const node = await freshNode(`${name}-${index}`);
      nodes.push(node);
      await installCni(node, `10.244.${index}.0/24`);
      if (!withBundle) await installKubeadm(node, cluster);
    }
    const keys = await Promise.all(nodes.map((node) => readFile(node.knownHosts, 'utf8')));
    await writeFile(join(dir, 'known_hosts'), keys.join(''));
    await writeFile(join(dir, 'matrix.yaml'), await (nodes[0] as Node).read(MATRIX));
    return await joined({ dir, nodes }, withBundle);
  } finally {
    for (const node of nodes) await node.down();
  }
}

/** What a join over SSH costs the workstation, which serves many hosts at once: processor time, not seconds, is the limit. */
export async function benchSshJoin(rounds: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'edgeadm-bench-ssh-'));
  try {
    await Promise.all([testBed(), executable()]);
    const ways = [
      { name: 'everything installed before', withBundle: false, runs: [] as Run[] },
      { name: 'from a bundle', withBundle: true, runs: [] as Run[] },
    ];
    for (let number = 0; number < rounds; number++)
      for (const { name, withBundle, runs } of ways) {
        runs.push(await round(`${withBundle ? 'bundle' : 'bare'}${number}`, dir, withBundle));
        say(`join over SSH, ${name} ${number + 1}/${rounds}: ${JSON.stringify(runs.at(-1))}`);
      }
    const rows = ways.map(({ name, runs }) => {
      const [seconds, processor] = [runs.map((run) => run.seconds), runs.map((run) => run.processorSeconds)];
      return `| ${name} | ${median(seconds).toFixed(1)} | ${median(processor).toFixed(2)} |`;
    });
    await writeFigures(
      'bench-ssh-join',
      [
        `Kubernetes ${world.kubernetes}, measured on ${cpus().length} cores, which workstation and nodes share, with \`EDGEADM_TESTBED_WORLD=${world.name} npm run bench -- --only ssh-join --rounds ${rounds}\`; medians.`,
        '',
        `| \`edgeadm join\` of ${NODES} real nodes at once over SSH | seconds until all are Ready | processor seconds of the workstation for each |`,
        '| --- | --- | --- |',
        ...rows,
      ].join('\n'),
    );
  } finally {
    await clean();
    await rm(dir, { recursive: true, force: true });
  }
}
