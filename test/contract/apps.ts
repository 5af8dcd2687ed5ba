import assert from 'node:assert/strict';
import { planChange } from '../../src/kubernetes/api/change.ts';
import { appChange, createApp, findApp } from '../../src/phases/app/app.ts';
import { APP_KINDS, servedApps } from '../../src/phases/app/app-kinds.ts';
import { appWorkloads, poolStatuses } from '../../src/phases/app/app-status.ts';
import { type AnyObject, answers, type Contract, type Expectation, refuses } from './subject.ts';

const GROUP = '/apis/apps.openyurt.io';
const LABELS = { app: 'web' };
const TEMPLATE = {
  spec: {
    selector: { matchLabels: LABELS },
    template: { metadata: { labels: LABELS }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } },
  },
};
const { signal } = new AbortController();

/** A NodePool of that name; pools belong to the cluster, so every expectation has its own. */
async function nodePool({ admin, prefix }: Contract, name: string): Promise<string> {
  const metadata = { name: `${prefix}-${name}` };
  const body = { apiVersion: 'apps.openyurt.io/v1beta1', kind: 'NodePool', metadata, spec: { type: 'Edge' } };
  await answers(admin, 'POST', `${GROUP}/v1beta1/nodepools`, 201, { body });
  return metadata.name;
}

const ofEachKind: Expectation[] = APP_KINDS.map((kind) => [
  `${kind}: an application is created, scaled and patched by planned changes, and its workloads are found`,
  async (contract) => {
    const { admin, prefix } = contract;
    const pool = await nodePool(contract, kind.toLowerCase());
    const name = `${prefix}-app`;
    const [api] = await servedApps(admin, kind);
    assert.ok(api);
    const pools = new Map([[pool, 2]]);
    const request = { workload: 'Deployment', template: TEMPLATE, pools } as const;
    await (await planChange(admin, await createApp(admin, { api, namespace: 'default', name }, request))).write();
    const find = () => findApp(admin, { namespace: 'default', name, kind }, signal);
    const before = await find();
    const patch = { images: new Map([['web', 'local/nginx:1']]), rest: undefined };
    const changes = { replicas: new Map([[pool, 5]]), patches: new Map([[pool, patch]]) };
    const planned = await planChange(admin, appChange(before, changes));
    assert.match(planned.diff, /^- +replicas: 2$/m);
    await planned.write();
    await assert.rejects(planChange(admin, appChange(before, changes)), { code: 'API_ERROR' });
    const after = await find();
    const workload = {
      metadata: {
        name,
        labels: { 'apps.openyurt.io/pool-name': pool },
        ownerReferences: [{ apiVersion: api.version, kind, name, uid: after.object.metadata.uid, controller: true }],
      },
      spec: { ...TEMPLATE.spec, replicas: 0 },
    };
    await answers(admin, 'POST', '/apis/apps/v1/namespaces/default/deployments', 201, { body: workload });
    const [status] = poolStatuses(after, await appWorkloads(admin, after, signal));
    assert.deepEqual([status?.pool, status?.replicas, status?.workload, status?.patched], [pool, 5, name, true]);
    await admin.delete(`/apis/apps/v1/namespaces/default/deployments/${name}`);
    await admin.delete(`/apis/${api.version}/namespaces/default/${api.plural}/${name}`);
    await admin.delete(`${GROUP}/v1beta1/nodepools/${pool}`);
  },
]);

export const apps: readonly Expectation[] = [
  ...ofEachKind,
  [
    'an application that cannot be is refused',
    async ({ admin, prefix }) => {
      const name = `${prefix}-bad`;
      const at = (version: string, plural: string) => `${GROUP}/${version}/namespaces/default/${plural}`;
      const body = (version: string, kind: string, spec: object) => ({
        body: { apiVersion: `apps.openyurt.io/${version}`, kind, metadata: { name }, spec },
      });
      const invalid = (kind: string, text: string) => ({
        code: 422,
        reason: 'Invalid',
        message: `${kind}.apps.openyurt.io "${name}" is invalid: ${text}`,
      });
      await refuses(
        admin,
        'POST',
        at('v1alpha1', 'uniteddeployments'),
        invalid('UnitedDeployment', 'spec.selector: Required value'),
        body('v1alpha1', 'UnitedDeployment', { topology: { pools: [] } }),
      );
      const patches = [{ operation: 'move', path: '/spec' }];
      const workload = { workloadTemplate: {}, workloadTweaks: [{ pools: ['a'], tweaks: { patches } }] };
      await refuses(
        admin,
        'POST',
        at('v1beta1', 'yurtappsets'),
        {
          code: 422,
          reason: 'Invalid',
          // The server of 1.20 leaves the positions in lists out.
          message:
            /spec\.workload\.workloadTweaks(\[0\])?\.tweaks\.patches(\[0\])?\.operation: Unsupported value: "move": supported values: "add", "remove", "replace"$/,
        },
        body('v1beta1', 'YurtAppSet', { pools: ['a'], workload }),
      );
      const kept = { workload: { workloadTemplate: { deploymentTemplate: { spec: { any: { thing: true } } } } } };
      const made = await answers(
        admin,
        'POST',
        at('v1beta1', 'yurtappsets'),
        201,
        body('v1beta1', 'YurtAppSet', { ...kept, other: 1 }),
      );
      assert.deepEqual((made as AnyObject).spec, kept);
      await admin.delete(`${at('v1beta1', 'yurtappsets')}/${name}`);
    },
  ],
];
