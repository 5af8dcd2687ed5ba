/**
 * `npm test`: everything this machine can run. Plain JavaScript without dependencies, since it runs in a fresh clone
 * under whatever Node the machine has; what it starts runs on the pinned one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { cpus, homedir } from 'node:os';
import { join } from 'node:path';
import { dependenciesAreCurrent, QUIET, root, run } from './setup.mjs';
import { failedNames, failureReport } from './test-report.mjs';

/** Where Node writes what unit and integration tests ran. */
const coverage = join(root, 'coverage', 'tmp');
const totals = { passed: 0, failed: 0, skipped: 0 };
/** What each failed step printed of its failures: shown again at the end, since a CI log is read from there. */
const failures = [];

/** A step that is one test by itself: it passes or fails. One that runs `beside` others is shown when it is done. */
async function step(name, file, args, { beside = false } = {}) {
  if (!beside) heading(name);
  const { code, text } = await run(file, args, { FORCE_COLOR: '0' }, beside);
  if (beside) {
    heading(name);
    process.stdout.write(text);
  }
  totals[code === 0 ? 'passed' : 'failed'] += 1;
  if (code !== 0) failures.push({ name, text });
  return code === 0;
}

/**
 * A mocha run, whose counts are added up. One that dies without counting is a failure. With a `bed` of its own it runs
 * beside others: what it prints is shown when it is done. What else is named are environment variables.
 */
async function suite(name, args, { bed, ...more } = {}) {
  const started = performance.now();
  const before = processorTimes();
  if (bed === undefined) heading(name);
  const { code, text } = await run(
    'mocha',
    ['--no-color', ...args],
    { FORCE_COLOR: '0', EDGEADM_TESTBED_NUMBER: bed, ...more },
    bed !== undefined,
  );
  const took = `${name}, ${Math.round((performance.now() - started) / 1000)} s, ${busySince(before)}`;
  if (bed === undefined) process.stdout.write(`-- ${took}\n`);
  else {
    heading(took);
    process.stdout.write(text);
  }
  const count = (word) => Number(new RegExp(`^\\s+(\\d+) ${word}`, 'm').exec(text)?.[1] ?? 0);
  totals.passed += count('passing');
  totals.skipped += count('pending');
  const failed = count('failing') || (code === 0 ? 0 : 1);
  totals.failed += failed;
  if (failed > 0) failures.push({ name, text });
}

/** Milliseconds of all processors since the machine was started. */
function processorTimes() {
  const times = cpus().map((each) => each.times);
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  return { all: sum(times.flatMap((each) => Object.values(each))), idle: sum(times.map((each) => each.idle)) };
}

/** Where they are idle more could run side by side; where they are not, a shorter wait gains nothing. */
function busySince(before) {
  const now = processorTimes();
  return `processors ${Math.round(100 * (1 - (now.idle - before.idle) / (now.all - before.all)))} % busy`;
}

function heading(name) {
  process.stdout.write(`\n== ${name} (${new Date().toISOString().slice(11, 19)})\n`);
}

/**
 * Nodes mostly wait, so a few parts run side by side, each on a test bed of its own; with more of them two cores are so
 * busy that nodes miss their time limits. These are what a change on a workstation waits for.
 */
const PARTS = [
  { name: 'join and reset', files: ['join-reset', 'one-file'] },
  { name: "diagnose with today's Kubernetes", files: ['diagnose'], world: 'today' },
];

/** CI waits for these, too: with them `npm test` takes 27 minutes. Long ones are not side by side. */
const CI_PARTS = [
  // These three take equally long, and begin at once: six minutes are what Windows may take.
  { name: 'Windows under wine killed in each step', files: ['killed-steps'], folder: 'winbed' },
  {
    name: 'Windows under wine rebooted in each step, and with a real kubelet',
    files: ['rebooted-steps', 'real-cluster'],
    folder: 'winbed',
  },
  { name: 'Windows under wine, also over SSH', files: ['answers', 'join-reset', 'upgrade', 'ssh'], folder: 'winbed' },
  { name: 'kills', files: ['kill', 'power-cut'] },
  // From here on the longest first: at the end no lane is busy alone for long.
  { name: 'upgrade of a cluster', files: ['cluster-upgrade'] },
  { name: 'secrets, SSH, diagnose', files: ['secrets', 'ssh-host', 'ssh-join', 'diagnose'] },
  { name: "join, reset and contract with today's Kubernetes", files: ['join-reset', 'contract'], world: 'today' },
  { name: 'upgrade', files: ['upgrade'] },
  { name: "upgrade with today's Kubernetes", files: ['upgrade'], world: 'today' },
  { name: 'cluster and cloud', files: ['contract', 'nodepool', 'console-line'] },
  { name: 'hub as a service, other runtimes', files: ['hub-service', 'migrate-runtime'] },
  { name: 'joins that fail', files: ['failures'] },
];

/** Their nodes are cut off for minutes, which takes no processor: they run one after the other, beside all others but Windows. */
const CI_WAITING_PARTS = [
  { name: 'autonomy', files: ['autonomy'] },
  { name: "autonomy with today's Kubernetes", files: ['autonomy'], world: 'today' },
];

/** With these it takes hours. */
const MORE_PARTS = [
  { name: 'reset among the things of others', files: ['reset-foreign'] },
  { name: 'a virtual machine', files: ['node', 'drill'], world: 'today', folder: 'vm' },
  {
    name: "conversion and eviction with today's Kubernetes",
    files: ['convert', 'eviction', 'overlay'],
    world: 'today',
  },
  { name: 'conversion and eviction', files: ['convert', 'eviction'] },
  { name: "upgrade of a cluster with today's Kubernetes", files: ['cluster-upgrade'], world: 'today' },
  { name: "kills with today's Kubernetes", files: ['kill', 'power-cut'], world: 'today' },
  {
    name: "upgrades of all minors and secrets with today's Kubernetes",
    files: ['upgrade-minors', 'secrets'],
    world: 'today',
  },
  { name: 'virtual machines with faults', files: ['power-cuts', 'faults'], world: 'today', folder: 'vm' },
  { name: "virtual machines of the guide's world", files: ['node', 'faults'], world: 'guide', folder: 'vm' },
];
const WHOLE = process.env.EDGEADM_TEST_ALL === '1';
const CI = WHOLE || process.env.CI === 'true';
const SIDE_BY_SIDE = 3;

/** @param program the one-file program, which nodes then run instead of the checkout */
async function endToEnd(program) {
  const named = [...PARTS, ...CI_PARTS, ...CI_WAITING_PARTS, ...MORE_PARTS].flatMap(({ files }) => files);
  const all = readdirSync(new URL('../test/e2e', import.meta.url)).filter((file) => file.endsWith('.test.ts'));
  const others = all.map((file) => file.replace('.test.ts', '')).filter((name) => !named.includes(name));
  const wanted = [...(CI ? CI_PARTS : []), ...PARTS, ...(WHOLE ? MORE_PARTS : [])];
  const parts = [...wanted, ...(others.length > 0 ? [{ name: others.join(', '), files: others }] : [])];
  let beginWaiting;
  const windowsIsDone = new Promise((resolve) => {
    beginWaiting = resolve;
  });
  let windowsParts = parts.filter(({ folder }) => folder === 'winbed').length;
  if (windowsParts === 0) beginWaiting();
  const worker = async (queue, bed) => {
    for (const { name, files, world, folder = 'e2e' } of queue) {
      const paths = files.map((file) => `test/${folder}/${file}.test.ts`);
      // The first one shows what it does while it does it.
      const number = bed === 0 ? undefined : String(bed);
      const args = ['--config', '.mocharc.e2e.json', ...paths];
      const more = { EDGEADM_TESTBED_WORLD: world, EDGEADM_TEST_PROGRAM: program };
      await suite(`end-to-end tests: ${name}`, args, { bed: number, ...more });
      if (folder === 'winbed' && --windowsParts === 0) beginWaiting();
    }
  };
  const queue = parts.values();
  const beside = windowsIsDone.then(() => worker(CI ? CI_WAITING_PARTS : [], SIDE_BY_SIDE));
  await Promise.all([...Array.from({ length: SIDE_BY_SIDE }, (_, bed) => worker(queue, bed)), beside]);
}

/** What builds, caches and nodes take at most. */
const DISK_GIB = 25;

/** Free, or taken by the test bed's cache already. */
function diskGiB() {
  const cache = process.env.EDGEADM_TESTBED_CACHE ?? join(homedir(), '.cache/edgeadm/testbed');
  const { bavail, bsize } = statfsSync(existsSync(cache) ? cache : homedir());
  const { stdout } = spawnSync('du', ['-sk', cache], { encoding: 'utf8' });
  return (bavail * bsize) / 2 ** 30 + Number.parseInt(stdout || '0', 10) / 2 ** 20;
}

/** The end-to-end tests boot nodes: they need root, and Debian for its packages and its Kubernetes source. */
function whyNotEndToEnd() {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (process.getuid?.() !== 0) return 'this user is not root, and the test nodes need namespaces and mounts';
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (!/^ID=debian$/m.test(release) || !/^VERSION_ID="?12"?$/m.test(release))
    return 'this is not Debian 12, whose packages make the test bed';
  if (diskGiB() < DISK_GIB) return `the test bed needs ${DISK_GIB} GiB of disk, and has ${Math.floor(diskGiB())} GiB`;
  return undefined;
}

/** Where it can be built, the built program is tested as users have it; it also takes less than half the work to start. */
async function oneFileProgram() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const out = join(root, 'dist', 'test');
  const done = await step('one-file program', 'node', [
    'scripts/dist/dist.ts',
    '--only',
    'amd64',
    '--unpacked',
    '--out',
    out,
  ]);
  return done ? join(out, 'edgeadm-linux-amd64') : undefined;
}

async function main() {
  if (!dependenciesAreCurrent() && !(await step('install dependencies', 'npm', ['ci', ...QUIET]))) return;
  if (!(await step('build', 'npm', ['run', '--silent', 'build']))) return;
  // Most of them keep one processor busy.
  await Promise.all([
    step('types', 'tsc', ['-p', '.'], { beside: true }),
    step('lint and format', 'biome', ['check', '.'], { beside: true }),
    step('imports between folders', 'npm', ['run', '--silent', 'lint:imports'], { beside: true }),
    step('unused exports and dependencies', 'npm', ['run', '--silent', 'lint:unused'], { beside: true }),
    step('manifest', 'node', ['scripts/manifest.ts', '--check'], { beside: true }),
    step('generated docs', 'node', ['scripts/docs.ts', '--check'], { beside: true }),
  ]);
  rmSync(coverage, { recursive: true, force: true });
  for (const folder of ['unit', 'integration']) {
    const args = ['--parallel', '--jobs', '3', `test/${folder}/**/*.test.ts`];
    await suite(`${folder} tests`, args, { NODE_V8_COVERAGE: coverage });
  }
  await step('coverage of both', 'node', ['scripts/coverage.ts', '--report']);
  const reason = whyNotEndToEnd();
  const program = await oneFileProgram();
  // Beside nodes they run out of time: three lanes of these keep two processors busy.
  const built = (folder) => ['--config', '.mocharc.e2e.json', `test/${folder}/**/*.test.ts`];
  await Promise.all([
    suite('tests of the built program', ['--parallel', '--jobs', '2', ...built('sandbox')], {
      EDGEADM_TEST_PROGRAM: program,
    }),
    CI && !reason ? suite('tests of the release', built('dist'), { bed: '9' }) : undefined,
  ]);
  if (!reason) {
    if (await step('prepare the test bed', 'node', ['test/testbed/cli.ts', 'prepare', 'guide', 'today'])) {
      if (CI) await step('prepare Windows under wine', 'node', ['test/winbed/prepare.ts']);
      if (WHOLE) await step('prepare the virtual machine', 'node', ['test/vm/prepare.ts', 'today']);
      await endToEnd(program);
    }
  } else if (process.env.CI === 'true') {
    process.stdout.write(`\nThe end-to-end tests must run in CI, but ${reason}.\n`);
    totals.failed += 1;
  } else {
    process.stdout.write(`\nSkipped: the end-to-end tests (a real cluster with real nodes), because ${reason}.\n`);
  }
}

await main();
process.stdout.write(`${failures.map(failureReport).join('\n')}\n${failures.map(failedNames).join('')}`);
process.exitCode = totals.failed > 0 ? 1 : 0;
process.stdout.write(
  `\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}\n`,
);
