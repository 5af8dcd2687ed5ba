import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EdgeadmError } from '../../../src/errors/index.ts';
import type { Accident, InProcessService, ServiceRun } from '../../unit/phases/node/in-process-service.ts';

const fault = fc.constantFrom<Accident>('timeout-after-effect', 'timeout-before', '500', 'throttle', 'truncated');
const kill = fc.constantFrom<Accident>('kill-before', 'kill-after');
const accidents = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.array(fc.constant(undefined), { minLength: 1, maxLength: 4 }) },
      { weight: 5, arbitrary: fault.map((each) => [each]) },
      { weight: 2, arbitrary: fc.tuple(fault, fc.integer({ min: 2, max: 8 })).map(([each, n]) => Array(n).fill(each)) },
      { weight: 2, arbitrary: kill.map((each) => [each]) },
    ),
    { maxLength: 10 },
  )
  .map((parts): (Accident | undefined)[] => parts.flat());
/** What happens to the calls of a few runs of one command: single accidents, and bursts that outlast every retry. */
const accidentRuns = fc.array(accidents, { minLength: 1, maxLength: 4 });

export const QUICK = { wait: true, timeoutMs: 40, listDelayMs: 20, paceMs: [0, 1] as const, tell: () => {} };

/** The last run of each sequence, in which nothing happens, has all the time that it needs. */
export const PATIENT = { ...QUICK, timeoutMs: 60_000 };

export type Work = (run: ServiceRun, pace?: typeof QUICK) => Promise<void>;

/** A run with accidents, to its end or its death. @returns what it threw */
export async function endOf(cloud: InProcessService, list: (Accident | undefined)[], work: Work): Promise<unknown> {
  const run = cloud.run(list);
  return Promise.race([
    run.killed,
    work(run).then(
      () => undefined,
      (error: unknown) => error,
    ),
  ]);
}

/**
 * What a run was ended by, if the calls did it: an error of the cloud's or of time, and of nothing that was ordered twice.
 * @returns undefined for a run that was killed, or did its work
 */
export function cloudErrorOf(end: unknown): EdgeadmError | undefined {
  if (end === 'killed' || end === undefined) return undefined;
  assert.ok(end instanceof EdgeadmError, String(end));
  assert.notEqual(end.code, 'INTERNAL', end.message);
  assert.notEqual(end.code, 'CLOUD_REFUSED', `ordered twice: ${end.message}\n${end.why}`);
  return end;
}

/** Holds a property of commands against sequences of accidents: other ones each time, unless EDGEADM_TEST_SEED says which. */
export async function survivesAccidents(
  sequences: number,
  survives: (list: (Accident | undefined)[][]) => Promise<void>,
): Promise<void> {
  const seed = Number(process.env.EDGEADM_TEST_SEED ?? Date.now() % 2 ** 31);
  process.stdout.write(`    seed ${seed} (EDGEADM_TEST_SEED)\n`);
  await fc.assert(fc.asyncProperty(accidentRuns, survives), { seed, numRuns: sequences });
}
