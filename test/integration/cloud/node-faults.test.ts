import assert from 'node:assert/strict';
import { workersOf } from '../../../sandbox/cloud/records.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { attachEcs, attachEns } from '../../../src/phases/node/attachment.ts';
import { removeInBatches, serviceNodes } from '../../../src/phases/node/removal.ts';
import { type InProcessService, inProcessService } from '../../unit/phases/node/in-process-service.ts';
import { cloudErrorOf, endOf, PATIENT, QUICK, survivesAccidents, type Work } from './accident-runs.ts';

const SEQUENCES = 150;

/** Names of the nodes that are there, without looking through the service. */
function nodeNames({ store, cluster }: InProcessService): string[] {
  return workersOf(store, cluster.id)
    .map(({ name }) => name)
    .sort();
}

/** Every failure is one of the cloud's or of time, and names what is left. */
function assertNamed(end: unknown, left: readonly string[]): void {
  const error = cloudErrorOf(end);
  if (!error || /it is not known which/.test(error.why ?? '')) return;
  for (const name of left)
    assert.ok(error.why?.includes(name), `${name} is not named in ${error.message}\n${error.why}`);
}

/** How many effective orders named each thing. */
function timesOrdered(cloud: InProcessService, action: string, key: 'nodes' | 'instances'): number {
  const orders = cloud.effects.filter((call) => call.action === action);
  const names = orders.flatMap(({ body }) => (body as Record<string, string[]>)[key] ?? []);
  return Math.max(0, ...names.map((name) => names.filter((each) => each === name).length));
}

describe('nodes that come and go, whatever happens to the calls and to the program', function () {
  this.timeout(180_000);

  it(`node remove takes exactly the named nodes, orders none twice, and names what is left (${SEQUENCES} sequences)`, () =>
    survivesAccidents(SEQUENCES, async (list) => {
      const edgeNodes = ['edge1', 'edge2', 'edge3', 'edge4'];
      const named = ['edge1', 'edge3'];
      const cloud = inProcessService({ edgeNodes, cloudNodes: ['cn-hangzhou.i-1'] });
      const work: Work = async ({ service }, pace = QUICK) => {
        const all = serviceNodes(await service.nodes('c1'), await service.nodePools('c1'));
        const nodes = all.filter(({ name }) => named.includes(name));
        await removeInBatches(nodes, { drain: false, release: false }, { service, clusterId: 'c1', ...pace });
      };
      for (const accidents of list) {
        const end = await endOf(cloud, accidents, work);
        const left = nodeNames(cloud).filter((name) => named.includes(name));
        if (end instanceof EdgeadmError && end.why?.includes('not known to be removed')) assertNamed(end, left);
        if (end === undefined) assert.deepEqual(left, []);
        assert.ok(['edge2', 'edge4', 'cn-hangzhou.i-1'].every((name) => nodeNames(cloud).includes(name)));
      }
      cloud.pass(1000);
      await work(cloud.run(), PATIENT);
      assert.deepEqual(nodeNames(cloud), ['cn-hangzhou.i-1', 'edge2', 'edge4']);
      assert.ok(timesOrdered(cloud, 'DeleteClusterNodes', 'nodes') <= 1, 'a node was removed twice');
      cloud.store.close();
    }));

  it(`node attach adds each ECS instance once, and names what is missing (${SEQUENCES} sequences)`, () =>
    survivesAccidents(SEQUENCES, async (list) => {
      const ids = ['i-1', 'i-2'];
      const cloud = inProcessService({ ecs: ids });
      const pool = cloud.pool('ess');
      const nodes = ids.map((id) => `cn-hangzhou.${id}`);
      const order = { keepName: true, formatDisk: false };
      const work: Work = ({ service }, pace = QUICK) =>
        attachEcs(ids, order, { service, clusterId: 'c1', pool, ...pace });
      for (const accidents of list) {
        const end = await endOf(cloud, accidents, work);
        assertNamed(
          end,
          ids.filter((id) => !nodeNames(cloud).includes(`cn-hangzhou.${id}`)),
        );
        if (end === undefined) assert.deepEqual(nodeNames(cloud), nodes);
      }
      cloud.pass(1000);
      await work(cloud.run(), PATIENT);
      assert.deepEqual(nodeNames(cloud), nodes);
      assert.ok(timesOrdered(cloud, 'AttachInstancesToNodePool', 'instances') <= 1, 'an instance was added twice');
      cloud.store.close();
    }));

  it(`node attach runs the script once on each ENS instance, and names what is missing (${SEQUENCES} sequences)`, () =>
    survivesAccidents(SEQUENCES, async (list) => {
      const ids = ['i-a', 'i-b'];
      const cloud = inProcessService({ ens: ids });
      const pool = cloud.pool('edge');
      const kept = new Map<string, number>();
      const memory = {
        recall: async (id: string) => kept.get(id) || undefined,
        keep: async (id: string, time: number) => void kept.set(id, time),
      };
      const work: Work = async ({ service, ens }, pace = QUICK) => {
        const found = await Promise.all(ids.map((id) => ens.instance(id)));
        const instances = found.filter((each) => each !== undefined);
        const script = () =>
          service.attachScript('c1', { nodePoolId: pool.id, arch: 'amd64', nodeSpec: '{}', expires: 4e9 });
        const base = { service, clusterId: 'c1', pool, ...pace };
        await attachEns(instances, { ...base, ens, script, memory, again: false, now: cloud.now });
      };
      for (const accidents of list) {
        const end = await endOf(cloud, accidents, work);
        const left = ids.filter((id) => !nodeNames(cloud).includes(id));
        if (end instanceof EdgeadmError && end.why?.includes('not in the list of nodes')) assertNamed(end, left);
        if (end === undefined) assert.deepEqual(nodeNames(cloud), ids);
      }
      const scripts = () => cloud.effects.filter(({ action }) => action === 'AttachEnsInstances');
      const sent = scripts().map(({ parameters }) => parameters?.InstanceId);
      assert.equal(new Set(sent).size, sent.length, `a script was sent twice: ${sent}`);
      cloud.pass(16 * 60_000);
      await work(cloud.run(), PATIENT);
      assert.deepEqual(nodeNames(cloud), ids);
      assert.equal(scripts().length, ids.length);
      assert.deepEqual([...kept.values()].filter(Boolean), [], 'removed and added again, it gets the script again');
      cloud.store.close();
    }));
});
