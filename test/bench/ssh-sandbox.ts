import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { adminClient } from '../../sandbox/admin-client.ts';
import { sandboxFolder } from '../../sandbox/folder.ts';
import { startSandbox } from '../../sandbox/index.ts';
import { createToken, joinLine, randomToken } from '../../src/kubernetes/api/bootstrap-tokens.ts';
import { executable } from '../dist/release.ts';
import { MATRIX_TEXT } from '../e2e/bed.ts';
import { clean, world } from '../testbed/index.ts';
import { median, say, writeFigures } from './report.ts';
import { relay, sandboxNodes } from './sandbox-nodes.ts';

const HOSTS = 100;
const PORT = 17_660;
const DAY_MS = 86_400_000;

interface Run {
  readonly seconds: number;
  /** Of the processor of the workstation, for one host. */
  readonly processorSeconds: number;
}

/** Joins all nodes. @throws if one of them does not join */
async function joinAll(program: string, args: readonly string[]): Promise<Run> {
  const started = performance.now();
  const timed = ['-c', 'TIMEFORMAT="%U %S"; time "$@"', 'bash', program, 'join', ...args];
  const { exitCode, stdout, stderr } = await execa('bash', timed, { reject: false });
  if (exitCode !== 0) throw new Error(`edgeadm join ended with ${exitCode}:\n${stdout}\n${stderr}`);
  const [user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { seconds: (performance.now() - started) / 1000, processorSeconds: (user + system) / HOSTS };
}

/** What it costs the workstation to join nodes whose kubelet costs next to nothing, so that there may be a hundred. */
export async function benchSshSandbox(rounds: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'edgeadm-bench-ssh-'));
  const folder = sandboxFolder(join(dir, 'sandbox'));
  const sandbox = await startSandbox({ folder, port: PORT, log: say });
  const server = await relay(dir, PORT);
  try {
    const program = await executable();
    const nodes = await sandboxNodes(HOSTS, dir, PORT, sandbox.state.kubernetesVersion ?? '');
    const keys = await Promise.all(nodes.map((node) => readFile(node.knownHosts, 'utf8')));
    await writeFile(join(dir, 'known_hosts'), keys.join(''));
    await writeFile(join(dir, 'matrix.yaml'), MATRIX_TEXT);
    const admin = await adminClient(folder);
    const token = randomToken();
    await createToken(admin, { token, ttlMs: DAY_MS });
    const [, , ...cluster] = (await joinLine(admin, token)).split(' ');
    admin.close();
    const ssh = [
      ...['--ssh-key', nodes[0]?.sshKey ?? '', '--known-hosts', join(dir, 'known_hosts'), '--yes'],
      ...nodes.flatMap(({ address }) => ['--host', `root@${address}`]),
    ];
    // The versions of the sandbox and of the matrix have nothing to do with each other.
    const checks = ['--compat-matrix', join(dir, 'matrix.yaml'), '--ignore-preflight-errors', 'ClusterVersion'];
    const runs: Run[] = [];
    for (let number = 0; number < rounds; number++) {
      if (number > 0) await execa(program, ['reset', ...ssh], { reject: false });
      runs.push(await joinAll(program, [...cluster, '--no-edge-hub', '-o', 'json', ...checks, ...ssh]));
      say(`join of sandbox nodes over SSH ${number + 1}/${rounds}: ${JSON.stringify(runs.at(-1))}`);
    }
    await writeFigures(
      'bench-ssh-sandbox',
      [
        `Measured on ${cpus().length} cores, which workstation and nodes share, with \`EDGEADM_TESTBED_WORLD=${world.name} npm run bench -- --only ssh-sandbox --rounds ${rounds}\`; medians.`,
        '',
        `| \`edgeadm join\` of ${HOSTS} sandbox nodes over SSH | |`,
        '| --- | --- |',
        `| seconds until all are Ready | ${median(runs.map((run) => run.seconds)).toFixed(1)} |`,
        `| processor seconds of the workstation for each | ${median(runs.map((run) => run.processorSeconds)).toFixed(3)} |`,
      ].join('\n'),
    );
  } finally {
    server.close();
    await sandbox.close();
    await clean();
    await rm(dir, { recursive: true, force: true });
  }
}
