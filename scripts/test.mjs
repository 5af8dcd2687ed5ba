/**
 * `npm test`: everything this machine can run. Plain JavaScript without dependencies, since it runs in a fresh clone
 * under whatever Node the machine has; what it starts runs on the pinned one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dependenciesAreCurrent, run } from './setup.mjs';

const totals = { passed: 0, failed: 0, skipped: 0 };

/** A step that is one test by itself: it passes or fails. */
async function step(name, file, args) {
  heading(name);
  const { code } = await run(file, args, { FORCE_COLOR: '0' });
  totals[code === 0 ? 'passed' : 'failed'] += 1;
  return code === 0;
}

/**
 * A mocha run, whose counts are added up. One that dies without counting is a failure. With a `bed` of its own it runs
 * beside others: what it prints is shown when it is done.
 */
async function suite(name, args, bed) {
  if (bed === undefined) heading(name);
  const { code, text } = await run(
    'mocha',
    ['--no-color', ...args],
    { FORCE_COLOR: '0', EDGEADM_TESTBED_NUMBER: bed },
    bed !== undefined,
  );
  if (bed !== undefined) {
    heading(name);
    process.stdout.write(text);
  }
  const count = (word) => Number(new RegExp(`^\\s+(\\d+) ${word}`, 'm').exec(text)?.[1] ?? 0);
  totals.passed += count('passing');
  totals.skipped += count('pending');
  totals.failed += count('failing') || (code === 0 ? 0 : 1);
}

function heading(name) {
  process.stdout.write(`\n== ${name} (${new Date().toISOString().slice(11, 19)})\n`);
}

/** Four parts side by side, since nodes mostly wait: each on a test bed of its own, and each shorter than ten minutes. */
const PARTS = [
  {
    name: 'autonomy, secrets, SSH',
    bed: '1',
    files: ['autonomy', 'secrets', 'ssh-host', 'ssh-join', 'one-file', 'diagnose'],
  },
  { name: 'cluster and cloud, upgrade', bed: '2', files: ['contract', 'nodepool', 'console-line', 'upgrade'] },
  { name: 'upgrade of a cluster', bed: '3', files: ['cluster-upgrade'] },
];

async function endToEnd() {
  const config = ['--config', '.mocharc.e2e.json'];
  const pathOf = (name) => `test/e2e/${name}.test.ts`;
  const others = PARTS.flatMap(({ files }) => files).flatMap((name) => ['--ignore', pathOf(name)]);
  await Promise.all([
    ...PARTS.map(({ name, bed, files }) => suite(`end-to-end tests: ${name}`, [...config, ...files.map(pathOf)], bed)),
    suite('end-to-end tests', [...config, ...others, 'test/e2e/**/*.test.ts']),
  ]);
}

/** The end-to-end tests boot nodes: they need root, and Debian for its packages and its Kubernetes source. */
function whyNotEndToEnd() {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (process.getuid?.() !== 0) return 'this user is not root, and the test nodes need namespaces and mounts';
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (!/^ID=debian$/m.test(release) || !/^VERSION_ID="?12"?$/m.test(release))
    return 'this is not Debian 12, whose packages make the test bed';
  return undefined;
}

async function main() {
  if (!dependenciesAreCurrent() && !(await step('install dependencies', 'npm', ['ci', '--no-audit', '--no-fund'])))
    return;
  if (!(await step('build', 'npm', ['run', '--silent', 'build']))) return;
  await step('types', 'tsc', ['-p', '.']);
  await step('lint and format', 'biome', ['check', '.']);
  await step('manifest', 'node', ['scripts/manifest.ts', '--check']);
  await step('generated docs', 'node', ['scripts/docs.ts', '--check']);
  await suite('unit tests', ['test/unit/**/*.test.ts']);
  await suite('tests of the built program', ['--config', '.mocharc.e2e.json', 'test/sandbox/**/*.test.ts']);
  const reason = whyNotEndToEnd();
  if (!reason) {
    await suite('tests of the release', ['--config', '.mocharc.e2e.json', 'test/dist/**/*.test.ts']);
    if (await step('prepare the test bed', 'node', ['test/testbed/cli.ts', 'prepare'])) {
      await endToEnd();
    }
  } else if (process.env.CI === 'true') {
    process.stdout.write(`\nThe end-to-end tests must run in CI, but ${reason}.\n`);
    totals.failed += 1;
  } else {
    process.stdout.write(`\nLeft out: the end-to-end tests (a real cluster with real nodes), because ${reason}.\n`);
  }
}

await main();
process.exitCode = totals.failed > 0 ? 1 : 0;
process.stdout.write(
  `\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}\n`,
);
