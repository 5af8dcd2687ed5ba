import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { runAddonSteps } from '../../../src/phases/addon/run.ts';
import { upgradeSteps } from '../../../src/phases/addon/steps.ts';
import { openPoolTask, orderForPool } from '../../../src/phases/nodepool/change.ts';
import { type Accident, inProcessService, type ServiceRun } from '../../unit/phases/node/in-process-service.ts';

/** Other ones in each run, unless EDGEADM_TEST_SEED says which. */
const SEQUENCES = 100;

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
const runs = fc.array(accidents, { minLength: 1, maxLength: 4 });

const QUICK = { wait: true, timeoutMs: 40, listDelayMs: 20, paceMs: [0, 1] as const, tell: () => {} };
/** The last run of each sequence, in which nothing happens, has all the time that it needs. */
const PATIENT = { ...QUICK, timeoutMs: 60_000 };

type Work = (run: ServiceRun, pace?: typeof QUICK) => Promise<void>;
type Cloud = ReturnType<typeof inProcessService>;

/** A run with accidents, to its end or its death. @returns what it threw */
async function endOf(cloud: Cloud, list: (Accident | undefined)[], work: Work): Promise<unknown> {
  const run = cloud.run(list);
  const end = await Promise.race([
    run.killed,
    work(run).then(
      () => undefined,
      (error: unknown) => error,
    ),
  ]);
  if (end === 'killed' || end === undefined) return end;
  assert.ok(end instanceof EdgeadmError, String(end));
  assert.notEqual(end.code, 'INTERNAL', end.message);
  assert.notEqual(end.code, 'CLOUD_REFUSED', `ordered twice: ${end.message}\n${end.why}`);
  return end;
}

const ordersOf = (cloud: Cloud, action: string): object[] =>
  cloud.effects.filter((call) => call.action === action).map(({ body }) => body as object);

describe('add-ons and node pools that change, whatever happens to the calls and to the program', function () {
  this.timeout(180_000);
  const check = async (survives: (list: (Accident | undefined)[][]) => Promise<void>): Promise<void> => {
    const seed = Number(process.env.EDGEADM_TEST_SEED ?? Date.now() % 2 ** 31);
    process.stdout.write(`    seed ${seed} (EDGEADM_TEST_SEED)\n`);
    await fc.assert(fc.asyncProperty(runs, survives), { seed, numRuns: SEQUENCES });
  };

  it(`addon upgrade orders each upgrade once, in its order, and ends with all of them (${SEQUENCES} sequences)`, () =>
    check(async (list) => {
      const names = ['edge-tunnel-agent', 'edge-tunnel-server'];
      const cloud = inProcessService({ edgeNodes: ['edge1'] });
      const work: Work = async ({ service }, pace = QUICK) => {
        const [offered, installed] = [await service.offeredAddons('c1'), await service.installedAddons('c1')];
        const steps = upgradeSteps(names, { where: 'cluster c1', offered, installed });
        await runAddonSteps(steps, { service, clusterId: 'c1', ...pace });
      };
      for (const accidents of list) await endOf(cloud, accidents, work);
      cloud.pass(1000);
      await work(cloud.run(), PATIENT);
      const ordered = ordersOf(cloud, 'UpgradeClusterAddons').flat() as { component_name: string }[];
      assert.deepEqual(
        ordered.map(({ component_name: name }) => name),
        ['edge-tunnel-server', 'edge-tunnel-agent'],
      );
      await work(cloud.run(), PATIENT);
      assert.equal(ordersOf(cloud, 'UpgradeClusterAddons').length, 2);
      cloud.store.close();
    }));

  it(`nodepool upgrade is ordered at most once in a run, never while another is in progress, and continues one that is paused (${SEQUENCES} sequences)`, () =>
    check(async (list) => {
      const cloud = inProcessService({ edgeNodes: ['edge1'] });
      const pool = cloud.pool('edge');
      const body = { rolling_policy: { pause_policy: 'FirstBatch' as const } };
      const work: Work = async ({ service }, pace = QUICK) => {
        const begun = await openPoolTask(service, 'c1', pool.id);
        const continues = begun?.state === 'paused' ? begun.taskId : undefined;
        const send = async () => {
          if (continues === undefined) return service.upgradeNodePool('c1', pool.id, body);
          await service.resumeTask(continues);
          return continues;
        };
        const order = { what: `node pool ${pool.name} to be upgraded`, send, continues };
        await orderForPool(order, { service, clusterId: 'c1', pool, ...pace });
      };
      for (const accidents of list) {
        const before = ordersOf(cloud, 'UpgradeClusterNodepool').length;
        const end = await endOf(cloud, accidents, work);
        assert.ok(ordersOf(cloud, 'UpgradeClusterNodepool').length <= before + 1, 'it was ordered twice');
        if (end instanceof EdgeadmError && end.code !== 'CLOUD_THROTTLED' && end.code !== 'CLOUD_FAILED')
          assert.match(`${end.message}${end.why}`, new RegExp(`${pool.name}|DescribeCluster`));
      }
      for (let tries = 0; tries < 4; tries++) {
        cloud.pass(1000);
        const end = await work(cloud.run(), PATIENT).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (end === undefined) break;
        assert.equal((end as EdgeadmError).code, 'UPGRADE_PAUSED');
      }
      cloud.pass(1000);
      assert.equal(await openPoolTask(cloud.run().service, 'c1', pool.id), undefined);
      cloud.store.close();
    }));
});
