import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { BUNDLE, freshNode, joinArgs, testBed, WITH_HUB } from '../e2e/bed.ts';
import { clean, installKubeadm, kubeadmJoin, type Node } from '../testbed/index.ts';
import { median, say, writeFigures } from './report.ts';

interface Round {
  readonly seconds: number;
  readonly peakMiB: number;
  /** Seconds by top-level phase; empty for kubeadm. */
  readonly phases: ReadonlyMap<string, number>;
}

/** A process in a node has a number of its own there; a sandbox on this machine bears the same name. */
const IN_A_NODE = /^NSpid:\t\d+\t\d+/m;

/** Highest resident memory of a node's processes of that name while `work` runs, from VmHWM. */
async function watchPeak<T>(name: string, work: Promise<T>): Promise<{ result: T; peakMiB: number }> {
  let peak = 0;
  const look = async (): Promise<void> => {
    for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      if (!status.startsWith(`Name:\t${name}\n`) || !IN_A_NODE.test(status)) continue;
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0));
    }
  };
  const timer = setInterval(() => void look(), 100);
  try {
    return { result: await work, peakMiB: Math.round(peak / 1024) };
  } finally {
    clearInterval(timer);
  }
}

async function edgeadmRound(node: Node, more: string[]): Promise<Round> {
  const args = [...(await joinArgs(...more)), '-o', 'json'];
  const started = performance.now();
  const { result, peakMiB } = await watchPeak('edgeadm', node.edgeadm(args));
  const seconds = (performance.now() - started) / 1000;
  if (result.exitCode !== 0) throw new Error(`edgeadm join failed:\n${result.stdout}\n${result.stderr}`);
  const phases = new Map<string, number>();
  for (const line of result.stdout.trim().split('\n')) {
    const event = JSON.parse(line) as { type: string; phase: string; durationMs: number };
    if (event.type === 'phase-end' && !event.phase.includes('/')) phases.set(event.phase, event.durationMs / 1000);
  }
  return { seconds, peakMiB, phases };
}

async function kubeadmRound(node: Node): Promise<Round> {
  const { cluster } = await testBed();
  await installKubeadm(node, cluster);
  const { result, peakMiB } = await watchPeak('kubeadm', kubeadmJoin(node, cluster));
  return { seconds: result.seconds, peakMiB, phases: new Map() };
}

async function measure(rounds: number, name: string, run: (node: Node) => Promise<Round>): Promise<Round[]> {
  const results: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    const node = await freshNode(`bench${round}`);
    const result = await run(node);
    say(`${name} ${round}/${rounds}: ${result.seconds.toFixed(2)} s, ${result.peakMiB} MiB`);
    results.push(result);
    await node.down();
  }
  return results;
}

const seconds = (results: readonly Round[]) => median(results.map((result) => result.seconds));
const memory = (results: readonly Round[]) => Math.max(...results.map((result) => result.peakMiB));

interface Measured {
  readonly rounds: number;
  readonly kubeadm: readonly Round[];
  readonly withHub: readonly Round[];
  readonly again: readonly Round[];
  readonly withoutHub: readonly Round[];
}

function report({ rounds, kubeadm, withHub, again, withoutHub }: Measured): string {
  const base = seconds(kubeadm);
  const row = (name: string, results: readonly Round[]) =>
    `| ${name} | ${seconds(results).toFixed(2)} | ${(seconds(results) / base).toFixed(2)} | ${memory(results)} |`;
  const names = [...(withHub[0]?.phases.keys() ?? [])];
  const phaseRows = names.map(
    (name) => `| ${name} | ${median(withHub.map(({ phases }) => phases.get(name) ?? 0)).toFixed(2)} |`,
  );
  return [
    `Measured on ${cpus().length} cores with \`npm run bench -- --rounds ${rounds}\`; medians, each join on a fresh node.`,
    '',
    '| join | seconds from call to exit | ratio to kubeadm | peak MiB |',
    '| --- | --- | --- | --- |',
    row('`kubeadm join` (kubelet and images on the node already)', kubeadm),
    row('`edgeadm join` with edge-hub, everything from the bundle', withHub),
    row('`edgeadm join` without edge-hub, everything from the bundle', withoutHub),
    row('the same `edgeadm join` a second time', again),
    '',
    '| phase of `edgeadm join` with edge-hub | seconds |',
    '| --- | --- |',
    ...phaseRows,
  ].join('\n');
}

/** edgeadm against kubeadm on the test bed, in one run on equal fresh nodes, one join at a time. */
export async function benchKubeadm(rounds: number): Promise<void> {
  try {
    await testBed();
    say(`bundle at ${BUNDLE} in the nodes`);
    const kubeadm = await measure(rounds, 'kubeadm', kubeadmRound);
    const again: Round[] = [];
    const withHub = await measure(rounds, 'edgeadm with hub', async (node) => {
      const first = await edgeadmRound(node, WITH_HUB);
      again.push(await edgeadmRound(node, WITH_HUB));
      return first;
    });
    const withoutHub = await measure(rounds, 'edgeadm without hub', (node) => edgeadmRound(node, ['--no-edge-hub']));
    const figures = report({ rounds, kubeadm, withHub, again, withoutHub });
    await writeFigures('bench', figures);
  } finally {
    await clean();
  }
}
