import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { inWorlds, joinArgs, testBed, WITH_HUB } from '../e2e/support.ts';
import { PROGRAM } from './machine.ts';
import { tracesOn } from './photograph.ts';
import { freshMachine, reached, type Subject, succeed } from './support.ts';

const NAME = 'vm-faults';
const YEAR_MS = 365 * 24 * 3_600_000;
const FILL = '/root/fill';

inWorlds('guide', 'today')('a virtual machine with a fault', function () {
  this.timeout(7_200_000);
  this.bail(true);
  let subject: Subject;
  let line: string[];

  before(async () => {
    subject = await freshMachine(NAME);
    line = await joinArgs(...WITH_HUB);
  });
  after(() => subject?.machine.down());

  /** Leaves so many MiB of its disk. */
  async function fill(leave: number): Promise<void> {
    const { machine } = subject;
    const { stdout } = await machine.must('df', '--output=avail', '-B', 'M', '/');
    const size = Number.parseInt(stdout.split('\n')[1] ?? '', 10) - leave;
    await machine.must('fallocate', '-l', `${size}M`, FILL);
  }

  it('a machine with a nearly full disk: the join is refused, and nothing is changed', async () => {
    const { machine, before } = subject;
    await fill(300);
    const { exitCode, stderr } = await machine.edgeadm(line);
    assert.equal(exitCode, 3, stderr);
    assert.match(stderr, /\d+ MiB free, 1040 MiB needed/);
    await machine.must('rm', FILL);
    assert.deepEqual(await tracesOn(machine, before), []);
  });

  it('a disk that fills up during a join: what was done is rolled back', async () => {
    const { machine, before } = subject;
    const run = machine.spawn([PROGRAM, ...line, '--output', 'json']);
    await reached(createInterface({ input: run.stdout }), { phase: 'install-runtime' });
    await fill(40);
    const { exitCode, stdout } = await run;
    assert.equal(exitCode, 3, stdout);
    assert.match(stdout, /"code":"NO_SPACE"/);
    await machine.must('rm', FILL);
    assert.deepEqual(await tracesOn(machine, before), []);
  });

  it('a machine with a clock a year back: the join is refused and says so, and nothing is changed', async () => {
    const { machine, before } = subject;
    await bootAYearBack();
    const { exitCode, stderr } = await machine.edgeadm(line);
    assert.equal(exitCode, 3, stderr);
    assert.match(stderr, /the clock of the node is \S+ (hours|days) behind the API server's/);
    await setClock();
    assert.deepEqual(await tracesOn(machine, before), []);
  });

  it('a node that boots with its clock a year back is Ready without help once the clock is set', async () => {
    const { cluster } = await testBed();
    await succeed(subject.machine, line);
    await cluster.waitForNode(NAME);
    await bootAYearBack();
    await cluster.waitForNode(NAME, false, 120);
    await setClock();
    await cluster.waitForNode(NAME, true, 300);
  });

  it('a reset after these faults leaves nothing', async () => {
    await succeed(subject.machine, ['reset', '--yes']);
    assert.deepEqual(await tracesOn(subject.machine, subject.before), []);
  });

  async function bootAYearBack(): Promise<void> {
    await subject.machine.cutPower();
    await subject.machine.boot({ clock: new Date(Date.now() - YEAR_MS).toISOString().replace(/\..*/, '') });
  }

  /** As a time server would. */
  async function setClock(): Promise<void> {
    await subject.machine.must('date', '-s', `@${Math.ceil(Date.now() / 1000)}`);
  }
});
