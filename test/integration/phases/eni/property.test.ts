import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { type Accident, INSTANCE, inProcessEns, runBind } from '../../../unit/phases/eni/in-process-ens.ts';

/** Other ones in each run, unless EDGEADM_TEST_SEED says which. */
const SEQUENCES = 100;

const fault = fc.constantFrom<Accident>(
  'timeout-after-effect',
  'timeout-before',
  '500',
  'throttle',
  'business-code',
  'backend-fault',
  'slow',
);
const kill = fc.constantFrom<Accident>('kill-before', 'kill-after', 'interrupt');
/** Single accidents, and bursts that outlast every retry. */
const troubles = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.array(fc.constant(undefined), { minLength: 1, maxLength: 6 }) },
      { weight: 5, arbitrary: fault.map((each) => [each]) },
      { weight: 2, arbitrary: fc.tuple(fault, fc.integer({ min: 2, max: 8 })).map(([each, n]) => Array(n).fill(each)) },
      { weight: 1, arbitrary: kill.map((each) => [each]) },
    ),
    { maxLength: 16 },
  )
  .map((parts): (Accident | undefined)[] => parts.flat());
/** Most runs get through their first look. */
const accidents = fc
  .tuple(fc.integer({ min: 0, max: 12 }), troubles)
  .map(([quiet, rest]) => [...Array<undefined>(quiet).fill(undefined), ...rest]);
/** What happens to the calls of each run of the program, and what it is asked for. */
const sequence = fc.record({
  eniNumber: fc.integer({ min: 1, max: 4 }),
  runs: fc.array(accidents, { minLength: 1, maxLength: 4 }),
});

describe('eni bind, whatever happens to its calls and to itself', function () {
  this.timeout(120_000);

  it(`ends with a running instance and the ENIs asked for or named, never more bought (${SEQUENCES} sequences)`, async () => {
    const seed = Number(process.env.EDGEADM_TEST_SEED ?? Date.now() % 2 ** 31);
    process.stdout.write(`    seed ${seed} (EDGEADM_TEST_SEED)\n`);
    await fc.assert(fc.asyncProperty(sequence, survives), { seed, numRuns: SEQUENCES });
  });
});

async function survives({ eniNumber, runs }: { eniNumber: number; runs: (Accident | undefined)[][] }): Promise<void> {
  const cloud = inProcessEns();
  const spec = { eniNumber };
  for (const accidents of runs) {
    const caller = cloud.caller(accidents);
    cloud.calls.length = 0;
    const { result } = await runBind(cloud, { spec, caller });
    const end = await Promise.race([caller.killed, result.catch((error: unknown) => error)]);
    assert.ok(cloud.secondaries().length <= eniNumber, 'more were bought than asked for');
    if (end !== 'killed') assertEnded(cloud, eniNumber, end);
  }
  const { result } = await runBind(cloud, { spec, caller: cloud.caller() });
  assertEnded(cloud, eniNumber, await result);
  assert.equal(attached(cloud), eniNumber);
  assert.equal(cloud.secondaries().length, eniNumber);
  cloud.store.close();
}

/** What holds after every run that was not killed, whether it came to its end or failed. */
function assertEnded(cloud: ReturnType<typeof inProcessEns>, eniNumber: number, end: unknown): void {
  if (!(end instanceof EdgeadmError)) assert.equal(attached(cloud), eniNumber);
  if (end instanceof EdgeadmError && !wasAgreed(cloud)) return;
  assert.equal(cloud.instanceStatus(), 'Running');
  if (!(end instanceof EdgeadmError)) return;
  assert.notEqual(end.code, 'INTERNAL', end.message);
  const loose = cloud.secondaries().filter(({ instanceId }) => instanceId !== INSTANCE);
  for (const { id } of loose)
    assert.ok(`${end.message}${end.next}`.includes(id), `${id} is not named in ${end.message}`);
}

function attached(cloud: ReturnType<typeof inProcessEns>): number {
  return cloud.secondaries().filter(({ instanceId, status }) => instanceId === INSTANCE && status === 'InUse').length;
}

/** A run that fails before it may change anything leaves what the one before left. */
function wasAgreed({ calls }: ReturnType<typeof inProcessEns>): boolean {
  return calls.some(({ action }) => !action.startsWith('Describe'));
}
