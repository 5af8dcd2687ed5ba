import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { executable, release } from '../dist/release.ts';
import { world } from '../testbed/index.ts';
import { median, say, writeFigures } from './report.ts';

interface Figures {
  readonly ms: number;
  readonly mib: number;
}

interface Program {
  readonly name: string;
  readonly words: readonly string[];
  /** Removed before each run. */
  readonly without?: string;
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
    for (const { name, words, without } of programs) {
      if (without) await rm(without, { recursive: true, force: true });
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
  const built = (await readdir(cache)).find((name) => name.startsWith(`kubernetes-${world.kubernetes}-`));
  if (!built) throw new Error('kubeadm is not built yet: npm run testbed -- up');
  return join(cache, built, 'kubeadm');
}

const SCRATCH = join(tmpdir(), 'edgeadm-bench-start');
const PREFLIGHT = [
  ...[
    'preflight',
    '127.0.0.1:1',
    '--token',
    'abcdef.0123456789abcdef',
    '--discovery-token-unsafe-skip-ca-verification',
  ],
  ...['--root', join(SCRATCH, 'root')],
];

type Step = Program;

const ONE_FILE = 'the one file';
/** One that the shell in front answers, and one that it unpacks the program for. */
const FIRST_CALLS = [['--version'], ['compat']];

/** The same program in the shapes that lead to the one file. */
async function ladder(): Promise<{ steps: Step[]; firstRuns: Program[] }> {
  const [dir, file] = [await release(), await executable()];
  await rm(SCRATCH, { recursive: true, force: true });
  await mkdir(join(SCRATCH, 'root'), { recursive: true });
  const archive = (await readdir(dir)).find((name) => name.endsWith('.tgz')) ?? '';
  await execa('tar', ['-xzf', join(dir, archive), '-C', SCRATCH]);
  await execa(file, FIRST_CALLS[1]);
  const front = (await readFile(file)).toString('latin1', 0, 4096);
  const home = join('/var/cache/edgeadm', /^NAME=(.*)$/m.exec(front)?.[1] ?? '');
  const loader = join(home, 'ld-linux-x86-64.so.2');
  const steps = [
    { name: 'checkout', words: [process.execPath, 'bin/run.js'] },
    { name: 'bundled scripts', words: [process.execPath, join(SCRATCH, 'package/edgeadm.js')] },
    {
      name: 'executable, code cache, own loader',
      words: [loader, '--inhibit-cache', '--library-path', home, join(home, 'edgeadm')],
    },
    { name: ONE_FILE, words: [file] },
  ];
  const firstRuns = FIRST_CALLS.map((args) => ({
    name: `${called(args)}: ${ONE_FILE}, its first run on a machine`,
    words: [file, ...args],
    without: home,
  }));
  return { steps, firstRuns };
}

/** Starting: kubeadm, Node alone, and edgeadm step by step, in one run. */
export async function benchStartup(rounds: number): Promise<void> {
  const [peer, { steps, firstRuns }] = [await kubeadm(), await ladder()];
  const calls = [['--version'], ['--help'], ['join', '--help'], ['compat'], PREFLIGHT];
  const programs: Program[] = [
    { name: '`kubeadm version`', words: [peer, 'version'] },
    { name: '`kubeadm --help`', words: [peer, '--help'] },
    { name: '`node -e 0`: nothing of ours', words: [process.execPath, '-e', '0'] },
    ...calls.flatMap((args) =>
      steps.map(({ name, words }) => ({ name: `${called(args)}: ${name}`, words: [...words, ...args] })),
    ),
    ...firstRuns,
  ];
  say(`${programs.length} programs, ${rounds} rounds`);
  const figures = await compare(programs, rounds);
  const base = figures.get('`kubeadm version`')?.ms ?? 1;
  const rows = [...figures].map(
    ([name, { ms, mib }]) => `| ${name} | ${ms.toFixed(0)} | ${(ms / base).toFixed(2)} | ${mib.toFixed(0)} |`,
  );
  const times = FIRST_CALLS.map((args, index) => {
    const [first, later] = [firstRuns[index]?.name ?? '', `${called(args)}: ${ONE_FILE}`].map((name) =>
      figures.get(name),
    );
    return `${((first?.ms ?? 0) / (later?.ms ?? 1)).toFixed(1)} times a later one with ${called(args)}`;
  });
  const foot = `The first run takes ${times.join(', and ')}.`;
  const head = `kubeadm ${world.kubernetes}; measured with \`npm run bench -- --only startup --rounds ${rounds}\`; medians of whole processes that took turns.`;
  const table = ['| call | ms | ratio to `kubeadm version` | peak MiB |', '| --- | --- | --- | --- |', ...rows];
  await writeFigures('bench-startup', [head, '', ...table, '', foot].join('\n'));
  await rm(SCRATCH, { recursive: true });
}

const called = (args: readonly string[]): string =>
  args === PREFLIGHT ? '`edgeadm preflight` on an empty root' : `\`edgeadm ${args.join(' ')}\``;
