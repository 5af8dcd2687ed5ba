/** Everything that must be right before a commit: types, lint and format, imports, nothing unused, generated files, unit tests. */
import { execa } from 'execa';

/** A whole SSH server and every way to break it, two minutes: `npm test` and `npm run test:unit` run them. */
const SLOW = 'test/unit/host/ssh/{ssh-machine,hostile-node}.test.ts';

const STEPS: [string, string[]][] = [
  ['types', ['tsc', '-p', '.']],
  ['lint and format', ['biome', 'check', '.']],
  ['imports between folders', ['npm', 'run', '--silent', 'lint:imports']],
  ['unused exports and dependencies', ['knip']],
  ['build', ['tsc', '-p', 'tsconfig.build.json']],
  ['manifest', ['node', 'scripts/manifest.ts', '--check']],
  ['generated docs', ['node', 'scripts/docs.ts', '--check']],
  ['unit tests', ['mocha', '--parallel', '--jobs', '2', '--ignore', SLOW, 'test/unit/**/*.test.ts']],
];

for (const [name, [file = '', ...args]] of STEPS) {
  const started = performance.now();
  const result = await execa(file, args, { preferLocal: true, reject: false, all: true });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${result.failed ? 'FAILED' : 'ok    '}  ${name} (${seconds} s)\n`);
  if (!result.failed) continue;
  process.stdout.write(`${result.all ?? ''}\n`);
  process.exitCode = 1;
  break;
}
