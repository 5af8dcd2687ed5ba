import { fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { openContainerService } from '../../src/cloud/cs.ts';
import { removeInBatches, serviceNodes } from '../../src/phases/node/removal.ts';
import type { Served } from './cloud-server.ts';
import { median, say, writeFigures } from './report.ts';

const POOLS = 1000;
const NODES = 10_000;
/** How many calls a second the emulated service takes in the second half of the measurement. */
const CALLS_PER_SECOND = 3;

interface Round {
  readonly listMs: number;
  readonly removeMs: number;
  readonly throttledListMs: number;
  readonly calls: number;
  readonly throttledCalls: number;
  readonly peakMiB: number;
}

/** Listing and removing the nodes of a large cluster; each round is a process of its own, and the service another. */
export async function benchCloud(rounds: number): Promise<void> {
  const all: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const { stdout } = await execa(process.execPath, [import.meta.filename, 'client']);
    all.push(JSON.parse(stdout) as Round);
    say(`cloud, round ${round + 1}: ${stdout}`);
  }
  const of = (key: keyof Round): number => median(all.map((round) => round[key]));
  const line = (name: string, value: number): string => `| ${name} | ${value.toFixed(0)} |`;
  const perSecond = (calls: number, ms: number): number => calls / (ms / 1000);
  await writeFigures(
    'bench-cloud',
    [
      `Measured on ${cpus().length} cores with \`npm run bench -- --only cloud --rounds ${rounds}\`; medians.`,
      '',
      `| ${POOLS.toLocaleString('en')} node pools with ${NODES.toLocaleString('en')} nodes, in the sandbox's container service | |`,
      '| --- | --- |',
      line('to list all pools and all nodes, 100 a page, ms', of('listMs')),
      line('calls a second of that', perSecond(of('calls'), of('listMs'))),
      line(
        `the same while the service takes ${CALLS_PER_SECOND} calls a second and throttles the others, ms`,
        of('throttledListMs'),
      ),
      line('calls of that, the throttled ones included', of('throttledCalls')),
      line('calls a second of that', perSecond(of('throttledCalls'), of('throttledListMs'))),
      line(
        'to remove all nodes in batches of 100, each after the task of the one before, which takes 400 ms, ms',
        of('removeMs'),
      ),
      line('peak memory of the client, the start-up of Node included, MiB', of('peakMiB')),
    ].join('\n'),
  );
}

/** One client, whose memory is its own. */
async function client(): Promise<Round> {
  const server = fork(join(import.meta.dirname, 'cloud-server.ts'), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const folder = await mkdtemp(join(tmpdir(), 'edgeadm-bench-'));
  try {
    const { env, ca, cluster } = await new Promise<Served>((resolve) => server.once('message', resolve as () => void));
    await writeFile(join(folder, 'ca.crt'), ca);
    const service = await openContainerService({
      region: 'cn-hangzhou',
      env: { ...env, EDGEADM_CLOUD_CA: join(folder, 'ca.crt') },
    });
    const list = async () => serviceNodes(await service.nodes(cluster), await service.nodePools(cluster));
    const callsOf = async (): Promise<number> => {
      const answer = new Promise<number>((resolve) => server.once('message', resolve as () => void));
      server.send('calls');
      return answer;
    };
    const listMs = await took(list);
    const calls = await callsOf();
    server.send(CALLS_PER_SECOND);
    const throttledListMs = await took(list);
    const throttledCalls = await callsOf();
    server.send(Number.MAX_SAFE_INTEGER);
    const nodes = await list();
    if (nodes.length !== NODES) throw new Error(`${nodes.length} nodes`);
    const run = { service, clusterId: cluster, wait: true, tell: () => {} };
    const removeMs = await took(() => removeInBatches(nodes, { drain: false, release: false }, run));
    if ((await list()).length > 0) throw new Error('nodes are left');
    const peakMiB = process.resourceUsage().maxRSS / 1024;
    return { listMs, removeMs, throttledListMs, calls, throttledCalls, peakMiB };
  } finally {
    server.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

if (process.argv[2] === 'client') process.stdout.write(JSON.stringify(await client()));
