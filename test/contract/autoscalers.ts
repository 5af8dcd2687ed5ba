import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { type AnyObject, answers, type Contract, type Expectation, MERGE } from './subject.ts';

const path = (version: string): string => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
const FIRST = path('v1');
const SECOND = path('v2');
/** Kubernetes that has version 2. */
const FIRST_WITH_SECOND = 23;

const cpu = (averageUtilization: number): object => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});
const MEMORY = {
  type: 'Resource',
  resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 70 } },
};

async function created({ admin, prefix }: Contract, version: string, name: string, more: object): Promise<AnyObject> {
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: `${prefix}-none` };
  const body = { metadata: { name: `${prefix}-${name}` }, spec: { scaleTargetRef, maxReplicas: 3, ...more } };
  return answers(admin, 'POST', path(version), 201, { body });
}

export const autoscalers: readonly Expectation[] = [
  [
    'an autoscaler has one replica at least unless it says otherwise',
    async (contract) => {
      const made = await created(contract, 'v1', 'plain', { targetCPUUtilizationPercentage: 60 });
      assert.deepEqual([made.apiVersion, made.spec?.minReplicas], ['autoscaling/v1', 1]);
      assert.equal(made.spec?.targetCPUUtilizationPercentage, 60);
    },
  ],
  [
    'an autoscaler of version 1 is read and changed as one of version 2, since Kubernetes 1.23',
    async (contract) => {
      const { admin, prefix, minor } = contract;
      const name = `${prefix}-first`;
      await created(contract, 'v1', 'first', { targetCPUUtilizationPercentage: 60 });
      const found = await answers(admin, 'GET', `${SECOND}/${name}`, minor < FIRST_WITH_SECOND ? 404 : 200);
      if (minor < FIRST_WITH_SECOND) return;
      assert.deepEqual([found.apiVersion, found.spec?.metrics], ['autoscaling/v2', [cpu(60)]]);
      const metrics = [cpu(50), MEMORY];
      await answers(admin, 'PATCH', `${SECOND}/${name}`, 200, { ...MERGE, body: { spec: { metrics } } });
      const first = await answers(admin, 'GET', `${FIRST}/${name}`, 200);
      assert.equal(first.spec?.targetCPUUtilizationPercentage, 50);
      assert.match(
        first.metadata.annotations?.['autoscaling.alpha.kubernetes.io/metrics'] ?? '',
        /"name":"memory","targetAverageUtilization":70/,
      );
    },
  ],
  [
    'a change of an autoscaler as version 1 keeps the metrics and the behaviour of version 2',
    async (contract) => {
      const { admin, prefix, minor } = contract;
      if (minor < FIRST_WITH_SECOND) return;
      const name = `${prefix}-second`;
      const behavior = { scaleDown: { stabilizationWindowSeconds: 60 } };
      await created(contract, 'v2', 'second', { metrics: [cpu(60), MEMORY], behavior });
      const spec = { maxReplicas: 5, targetCPUUtilizationPercentage: 40 };
      await answers(admin, 'PATCH', `${FIRST}/${name}`, 200, { ...MERGE, body: { spec } });
      const found = await answers(admin, 'GET', `${SECOND}/${name}`, 200);
      assert.equal(found.spec?.maxReplicas, 5);
      assert.partialDeepStrictEqual(found.spec?.behavior, behavior);
      const metrics = found.spec?.metrics as object[];
      assert.equal(metrics.length, 2);
      for (const metric of [cpu(40), MEMORY])
        assert.ok(
          metrics.some((one) => isDeepStrictEqual(one, metric)),
          JSON.stringify(metrics),
        );
      const { items = [] } = await answers(admin, 'GET', FIRST, 200);
      const listed = items.find(({ metadata }) => metadata.name === name);
      assert.equal(listed?.spec?.targetCPUUtilizationPercentage, 40);
    },
  ],
  [
    'an autoscaler of version 2 that names no metric scales by 80 % of the processor',
    async (contract) => {
      if (contract.minor < FIRST_WITH_SECOND) return;
      assert.deepEqual((await created(contract, 'v2', 'default', {})).spec?.metrics, [cpu(80)]);
    },
  ],
];
