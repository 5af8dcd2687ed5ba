import { cpus } from 'node:os';
import { execa } from 'execa';
import { batchLimit, nextBatchSize } from '../../src/cluster-upgrade/plan/batches.ts';
import type { NodeRecord, Plan, PlanSpec } from '../../src/cluster-upgrade/plan/plan.ts';
import { refuseTooLarge } from '../../src/cluster-upgrade/plan/size.ts';
import { fromTexts, sizeOf, toTexts } from '../../src/cluster-upgrade/plan/text.ts';
import { beginBatch, endNode, newPlan } from '../../src/cluster-upgrade/plan/transitions.ts';
import { progressOf } from '../../src/cluster-upgrade/status.ts';
import { median, say, writeFigures } from './report.ts';

const NODES = 10_000;
const LIMITS = { planMs: 1000, peakMiB: 200 };

interface Round {
  readonly planMs: number;
  readonly writeMs: number;
  readonly readMs: number;
  readonly kib: number;
  readonly wholeMs: number;
  readonly batches: number;
  readonly peakMiB: number;
}

/** What the plan of a large cluster costs; each round is a process of its own, whose memory is its own. */
export async function benchPlan(rounds: number): Promise<void> {
  const all: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const { stdout } = await execa(process.execPath, [import.meta.filename]);
    all.push(JSON.parse(stdout) as Round);
  }
  const of = (key: keyof Round): number => median(all.map((round) => round[key]));
  say(`plan of ${NODES} nodes: ${of('planMs').toFixed(0)} ms, ${of('peakMiB').toFixed(0)} MiB at most`);
  const line = (name: string, value: number, limit = ''): string => `| ${name}${limit} | ${value.toFixed(0)} |`;
  await writeFigures(
    'bench-plan',
    [
      `Measured on ${cpus().length} cores with \`npm run bench -- --only plan --rounds ${rounds}\`; medians.`,
      '',
      `| plan of an upgrade of ${NODES.toLocaleString('en')} nodes in 20 node pools | |`,
      '| --- | --- |',
      line('to order the nodes and compute all batches, ms', of('planMs'), ` (limit: ${LIMITS.planMs})`),
      line(
        'peak memory of that with writing and reading it, the start-up of Node included, MiB',
        of('peakMiB'),
        ` (limit: ${LIMITS.peakMiB})`,
      ),
      line('to write it down as the texts of a ConfigMap, ms', of('writeMs')),
      line('to read these, ms', of('readMs')),
      line('their size when every node is done, KiB (limit: 1024)', of('kib')),
      line(
        `its ${of('batches')} batches from the first to the last, each begun and ended as the controller does, ms`,
        of('wholeMs'),
      ),
    ].join('\n'),
  );
  if (of('planMs') > LIMITS.planMs || of('peakMiB') > LIMITS.peakMiB) process.exitCode = 1;
}

function round(): Round {
  const nodes = Array.from({ length: NODES }, (_, i) => ({
    name: `edge-${((i * 7919) % NODES) + 1}.shops.example.com`,
    pool: `np${String(i % 20).padStart(32, '0')}`,
    from: 'v1.20.11-aliyunedge.1',
  }));
  let plan: Plan | undefined;
  const planMs = took(() => {
    plan = newPlan(spec, nodes, 1_795_000_000);
    refuseTooLarge(plan);
    progressOf(plan, 1_795_000_000);
  });
  const made = plan as Plan;
  const done = made.nodes.map(
    (node, i): NodeRecord => ({ ...node, state: 'upgraded', batch: 20, started: i, ended: i }),
  );
  let texts = toTexts(made);
  const writeMs = took(() => {
    texts = toTexts({ ...made, nodes: done });
  });
  const readMs = took(() => void fromTexts(texts));
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  let batches = 0;
  const wholeMs = took(() => {
    batches = carryOut(made);
  });
  return { planMs, writeMs, readMs, kib: sizeOf(texts) / 1024, wholeMs, batches, peakMiB };
}

const spec: PlanSpec = {
  targetVersion: 'v1.20.12',
  executor: 'job',
  image: 'registry.example.com/edgeadm-upgrade:1.20.12',
  drain: false,
  drainTimeoutMs: 120_000,
  waitOffline: false,
  startedBy: 'bench',
};

/** One write for each batch's end: nodes that end together are written together. */
function carryOut(plan: Plan): number {
  const known = new Set(plan.nodes.map(({ name }) => name));
  let size = 0;
  for (let now = plan; ; ) {
    now = beginBatch(now, { online: known, known, now: 1_795_000_000 });
    if (now.progress.phase === 'Completed') return now.progress.batch;
    const running = now.nodes.filter(({ state }) => state === 'running');
    size = nextBatchSize(size, batchLimit(plan.nodes.length));
    if (running.length > size) throw new Error(`a batch of ${running.length}`);
    const last = running.at(-1)?.name ?? '';
    const ended = new Set(running.map(({ name }) => name));
    const nodes = now.nodes.map((node): NodeRecord => (ended.has(node.name) ? { ...node, state: 'upgraded' } : node));
    now = fromTexts(toTexts(endNode({ ...now, nodes }, last, undefined, 1_795_000_060)));
  }
}

function took(action: () => void): number {
  const started = performance.now();
  action();
  return performance.now() - started;
}

if (process.argv[1] === import.meta.filename) process.stdout.write(JSON.stringify(round()));
