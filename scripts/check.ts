/** Everything that must be right before a commit: types, lint and format, imports, nothing unused, generated files, unit tests. */
import { availableParallelism } from 'node:os';
import { execa } from 'execa';

type Step = readonly [name: string, words: readonly string[]];

const LOOKS: readonly Step[] = [
  ['types', ['tsc', '-p', '.']],
  ['lint and format', ['biome', 'check', '.']],
  ['imports between folders', ['npm', 'run', '--silent', 'lint:imports']],
];
/**
 * One after the other: the manifest is read from what the build wrote. `types` has checked what the build emits. The last
 * one is here because these are quicker than those above; then come the tests, as soon as a processor is free.
 */
const GENERATED: readonly Step[] = [
  ['build', ['tsc', '-p', 'tsconfig.build.json', '--noCheck']],
  ['manifest', ['node', 'scripts/manifest.ts', '--check']],
  ['generated docs', ['node', 'scripts/docs.ts', '--check']],
  ['unused exports and dependencies', ['npm', 'run', '--silent', 'lint:unused']],
];
/** They wait for servers and limits as often as they work, so there is one more than there are processors. */
const JOBS = String(availableParallelism() + 1);
const TESTS: Step = ['unit tests', ['mocha', '--parallel', '--jobs', JOBS, 'test/unit/**/*.test.ts']];

/** Sources whose types were stripped once are not stripped again by the next process that runs them. */
const COMPILE_CACHE = { NODE_COMPILE_CACHE: 'node_modules/.cache/node' };

/** @returns whether it passed */
async function step([name, [file = '', ...args]]: Step): Promise<boolean> {
  const started = performance.now();
  const result = await execa(file, args, { preferLocal: true, reject: false, all: true, env: COMPILE_CACHE });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${result.failed ? 'FAILED' : 'ok    '}  ${name} (${seconds} s)\n`);
  if (result.failed) process.stdout.write(`${result.all ?? ''}\n`);
  return !result.failed;
}

async function inTurn(steps: readonly Step[]): Promise<boolean> {
  for (const each of steps) if (!(await step(each))) return false;
  return true;
}

const passed = await Promise.all([inTurn(LOOKS), inTurn([...GENERATED, TESTS])]);
if (!passed.every(Boolean)) process.exitCode = 1;
