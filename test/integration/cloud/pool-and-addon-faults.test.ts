import assert from 'node:assert/strict';
import type { EdgeadmError } from '../../../src/errors/index.ts';
import { runAddonSteps } from '../../../src/phases/addon/run.ts';
import { upgradeSteps } from '../../../src/phases/addon/steps.ts';
import { openPoolTask, orderForPool } from '../../../src/phases/nodepool/change.ts';
import { type InProcessService, inProcessService } from '../../unit/phases/node/in-process-service.ts';
import { cloudErrorOf, endOf, PATIENT, QUICK, survivesAccidents, type Work } from './accident-runs.ts';

const SEQUENCES = 100;

const ordersOf = (cloud: InProcessService, action: string): object[] =>
  cloud.effects.filter((call) => call.action === action).map(({ body }) => body as object);

describe('add-ons and node pools that change, whatever happens to the calls and to the program', function () {
  this.timeout(180_000);

  it(`addon upgrade orders each upgrade once, in its order, and ends with all of them (${SEQUENCES} sequences)`, () =>
    survivesAccidents(SEQUENCES, async (list) => {
      const names = ['edge-tunnel-agent', 'edge-tunnel-server'];
      const cloud = inProcessService({ edgeNodes: ['edge1'] });
      const work: Work = async ({ service }, pace = QUICK) => {
        const [offered, installed] = [await service.offeredAddons('c1'), await service.installedAddons('c1')];
        const steps = upgradeSteps(names, { where: 'cluster c1', offered, installed });
        await runAddonSteps(steps, { service, clusterId: 'c1', ...pace });
      };
      for (const accidents of list) cloudErrorOf(await endOf(cloud, accidents, work));
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
    survivesAccidents(SEQUENCES, async (list) => {
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
        const error = cloudErrorOf(await endOf(cloud, accidents, work));
        assert.ok(ordersOf(cloud, 'UpgradeClusterNodepool').length <= before + 1, 'it was ordered twice');
        if (error && error.code !== 'CLOUD_THROTTLED' && error.code !== 'CLOUD_FAILED')
          assert.match(`${error.message}${error.why}`, new RegExp(`${pool.name}|DescribeCluster`));
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
