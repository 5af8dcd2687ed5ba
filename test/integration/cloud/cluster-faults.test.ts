import assert from 'node:assert/strict';
import fc from 'fast-check';
import { containerService } from '../../../src/cloud/cs.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { createCluster, planCreation } from '../../../src/phases/cluster/create.ts';
import { clusterSpec } from '../../unit/phases/cluster/cluster-spec.ts';
import {
  type CallAccident,
  type CsRun,
  type InProcessCs,
  inProcessCs,
} from '../../unit/phases/cluster/in-process-cs.ts';

/** Other ones in each run, unless EDGEADM_TEST_SEED says which. */
const SEQUENCES = 40;

const fault = fc.constantFrom<CallAccident>('timeout-after-effect', 'timeout-before', '500', 'throttle', 'truncated');
const kill = fc.constantFrom<CallAccident>('kill-before', 'kill-after', 'interrupt');
/** Single accidents, and bursts that outlast every retry. */
const accidents = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.array(fc.constant(undefined), { minLength: 1, maxLength: 5 }) },
      { weight: 5, arbitrary: fault.map((each) => [each]) },
      { weight: 2, arbitrary: fc.tuple(fault, fc.integer({ min: 2, max: 6 })).map(([each, n]) => Array(n).fill(each)) },
      { weight: 2, arbitrary: kill.map((each) => [each]) },
    ),
    { maxLength: 8 },
  )
  .map((parts): (CallAccident | undefined)[] => parts.flat());

describe('cluster create, whatever happens to its calls and to itself', function () {
  this.timeout(240_000);

  it(`buys one cluster, and names it in what it says last (${SEQUENCES} sequences)`, async () => {
    const seed = Number(process.env.EDGEADM_TEST_SEED ?? Date.now() % 2 ** 31);
    process.stdout.write(`    seed ${seed} (EDGEADM_TEST_SEED)\n`);
    const runs = fc.array(accidents, { minLength: 1, maxLength: 4 });
    await fc.assert(fc.asyncProperty(runs, survives), { seed, numRuns: SEQUENCES });
  });
});

async function survives(runs: (CallAccident | undefined)[][]): Promise<void> {
  const cloud = await inProcessCs();
  try {
    for (const each of runs) {
      const { said, end, orders } = await created(cloud, cloud.run(each));
      assert.ok(orders <= 1, 'an order was sent again');
      assert.ok(cloud.made() <= 1, 'more than one cluster was bought');
      if (!(end instanceof EdgeadmError)) continue;
      assert.notEqual(end.code, 'INTERNAL', end.message);
      const isBought = orders === 1 && cloud.made() === 1;
      if (isBought) assert.match(`${said.join()}${end.message}`, /cluster shops/);
    }
    const { end } = await created(cloud, cloud.run());
    assert.ok(!(end instanceof Error), String(end));
    assert.equal(cloud.made(), 1);
    assert.deepEqual(
      cloud.clusters().map(({ name, pending, failed }) => ({ name, pending, failed })),
      [{ name: 'shops', pending: undefined, failed: undefined }],
    );
  } finally {
    cloud.close();
  }
}

/** One run of the program: it looks, orders if it has to, and waits. */
async function created(cloud: InProcessCs, { caller, killed, signal }: CsRun) {
  const service = containerService(caller, signal);
  const said: string[] = [];
  const work = async () => {
    const creation = await planCreation(service, { spec: clusterSpec(), vpcCidrs: [], ignoredLimits: [] });
    const tell = (line: string): void => void said.push(line);
    return createCluster(creation, { service, wait: true, timeoutMs: 20_000, listDelayMs: 300, signal, tell });
  };
  const before = cloud.calls.length;
  const end = await Promise.race([killed, work().catch((error: unknown) => error)]);
  const orders = cloud.calls.slice(before).filter(({ action }) => action === 'CreateCluster').length;
  return { said, end, orders };
}
