import { readdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { executable } from '../dist/release.ts';
import { median, say, writeFigures } from './report.ts';

interface Figures {
  readonly ms: number;
  readonly mib: number;
}

interface Program {
  readonly name: string;
  readonly words: readonly string[];
}

/** One run as a whole process: wall time, and what GNU time calls the maximum resident set size. */
async function once(words: readonly string[]): Promise<Figures> {
  const started = performance.now();
  const { stderr } = await execa('/usr/bin/time', ['-f', '%M', ...words], {
    reject: false,
    stdout: 'ignore',
    input: '',
  });
  return { ms: performance.now() - started, mib: Number(stderr.trim().split('\n').at(-1)) / 1024 };
}

/** Medians. The programs take turns, so that a disturbance hits all of them. */
async function compare(programs: readonly Program[], rounds: number): Promise<Map<string, Figures>> {
  const runs = new Map<string, Figures[]>(programs.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    // The first round warms caches and does not count.
    for (const { name, words } of programs) {
      const figures = await once(words);
      if (round > 0) runs.get(name)?.push(figures);
    }
  }
  return new Map([...runs].map(([name, all]) => [name, middle(all)]));
}

const middle = (all: readonly Figures[]): Figures => ({
  ms: median(all.map(({ ms }) => ms)),
  mib: median(all.map(({ mib }) => mib)),
});

async function kubeadm(): Promise<string> {
  const cache = process.env.EDGEADM_TESTBED_CACHE ?? join(homedir(), '.cache/edgeadm/testbed');
  const built = (await readdir(cache)).find((name) => /^kubernetes-v1\.20\.2-/.test(name));
  if (!built) throw new Error('kubeadm is not built yet: npm run testbed -- up');
  return join(cache, built, 'kubeadm');
}

/** Starting: kubeadm, Node alone, the checkout and the one file, in one run. */
export async function benchStartup(rounds: number): Promise<void> {
  const [peer, file] = [await kubeadm(), await executable()];
  await execa(file, ['--version']);
  const checkout = [process.execPath, 'bin/run.js'];
  const call = (name: string, ...words: string[]): Program => ({ name, words });
  const preflight = [
    'preflight',
    '127.0.0.1:1',
    '--token',
    'abcdef.0123456789abcdef',
    '--discovery-token-unsafe-skip-ca-verification',
  ];
  const scratch = ['--root', join(tmpdir(), 'edgeadm-bench-root')];
  const programs = [
    call('`kubeadm version`', peer, 'version'),
    call('`kubeadm --help`', peer, '--help'),
    call('`node -e 0`, nothing of ours', process.execPath, '-e', '0'),
    ...[['--version'], ['--help'], ['join', '--help'], ['compat']].flatMap((words) => [
      call(`checkout: \`edgeadm ${words.join(' ')}\``, ...checkout, ...words),
      call(`one file: \`edgeadm ${words.join(' ')}\``, file, ...words),
    ]),
    call('checkout: `edgeadm preflight`, an empty root', ...checkout, ...preflight, ...scratch),
    call('one file: `edgeadm preflight`, an empty root', file, ...preflight, ...scratch),
  ];
  say(`${programs.length} programs, ${rounds} rounds`);
  const figures = await compare(programs, rounds);
  const base = figures.get('`kubeadm version`')?.ms ?? 1;
  const rows = [...figures].map(
    ([name, { ms, mib }]) => `| ${name} | ${ms.toFixed(0)} | ${(ms / base).toFixed(2)} | ${mib.toFixed(0)} |`,
  );
  const head = `Measured with \`npm run bench -- --only startup --rounds ${rounds}\`; medians of whole processes that took turns.`;
  const table = ['| call | ms | ratio to `kubeadm version` | peak MiB |', '| --- | --- | --- | --- |', ...rows];
  await writeFigures('bench-startup', [head, '', ...table].join('\n'));
}
