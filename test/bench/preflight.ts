import { executable } from '../dist/release.ts';
import { BUNDLE, freshNode, joinArgs, testBed } from '../e2e/bed.ts';
import { type Cluster, clean, installKubeadm, type Node, world } from '../testbed/index.ts';
import { median, say, writeFigures } from './report.ts';

interface Check {
  readonly check: string;
  readonly durationMs: number;
}

interface Round {
  readonly kubeadmMs: number;
  readonly wholeMs: number;
  /** From the first question to the node to the last answer, without the start of the program. */
  readonly checkingMs: number;
  readonly checks: readonly Check[];
}

const PROGRAM = '/root/edgeadm';

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const started = performance.now();
  const result = await work();
  return { result, ms: performance.now() - started };
}

async function kubeadmPreflight(node: Node, cluster: Cluster): Promise<number> {
  const credentials = ['--token', await cluster.token(), '--discovery-token-ca-cert-hash', await cluster.caHash()];
  const args = ['join', 'phase', 'preflight', cluster.endpoint, ...credentials, '--ignore-preflight-errors=all'];
  const { result, ms } = await timed(() => node.exec('kubeadm', ...args));
  if (result.exitCode !== 0) throw new Error(`kubeadm join phase preflight failed:\n${result.stderr}`);
  return ms;
}

async function edgeadmPreflight(node: Node): Promise<Omit<Round, 'kubeadmMs'>> {
  const [, ...flags] = await joinArgs('-o', 'json');
  const { result, ms } = await timed(() => node.exec(PROGRAM, 'preflight', ...flags));
  if (result.exitCode !== 0) throw new Error(`edgeadm preflight failed:\n${result.stdout}\n${result.stderr}`);
  const [host] = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '').hosts;
  return { wholeMs: ms, checkingMs: host.durationMs, checks: host.data.checks };
}

const slowest = (checks: readonly Check[]): Check =>
  checks.reduce((most, check) => (check.durationMs > most.durationMs ? check : most));

function report(rounds: readonly Round[]): string {
  const kubeadm = median(rounds.map(({ kubeadmMs }) => kubeadmMs));
  const whole = median(rounds.map(({ wholeMs }) => wholeMs));
  const checking = median(rounds.map(({ checkingMs }) => checkingMs));
  const single = median(rounds.map(({ checks }) => slowest(checks).durationMs));
  const sum = median(rounds.map(({ checks }) => checks.reduce((total, { durationMs }) => total + durationMs, 0)));
  const row = (name: string, ms: number, ratio: string) => `| ${name} | ${ms.toFixed(0)} | ${ratio} |`;
  const names = [...new Set(rounds.map(({ checks }) => `\`${slowest(checks).check}\``))].join(', ');
  return [
    `Kubernetes ${world.kubernetes}, measured with \`npm run bench -- --only preflight --rounds ${rounds.length}\` on one fresh node, nothing ignored but kubeadm's; medians.`,
    '',
    '| preflight on a fresh node | ms | ratio |',
    '| --- | --- | --- |',
    row('`kubeadm join phase preflight`, whole process', kubeadm, '1.00'),
    row('`edgeadm preflight` (the one file), whole process', whole, (whole / kubeadm).toFixed(2)),
    '',
    `| of edgeadm's ${rounds[0]?.checks.length} checks | ms | ratio |`,
    '| --- | --- | --- |',
    row(`the slowest single one (${names})`, single, '1.00'),
    row(
      'all of them, from the first question to the last answer (limit: 1.5)',
      checking,
      (checking / single).toFixed(2),
    ),
    row('the sum of their times', sum, (sum / single).toFixed(2)),
  ].join('\n');
}

/** The preflight on a node that has never been touched, by turns with kubeadm's, and all checks against the slowest. */
export async function benchPreflight(rounds: number): Promise<void> {
  try {
    const { cluster } = await testBed();
    const node = await freshNode('bench1');
    await installKubeadm(node, cluster);
    await node.put(await executable(), PROGRAM);
    say(`bundle at ${BUNDLE} in the node`);
    const results: Round[] = [];
    // The first round unpacks and warms caches; it does not count.
    for (let round = 0; round <= rounds; round++) {
      const result = { kubeadmMs: await kubeadmPreflight(node, cluster), ...(await edgeadmPreflight(node)) };
      if (round > 0) results.push(result);
    }
    await writeFigures('bench-preflight', report(results));
  } finally {
    await clean();
  }
}
