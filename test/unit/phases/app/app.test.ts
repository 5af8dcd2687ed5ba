import assert from 'node:assert/strict';
import { imagesOf } from '../../../../src/cli/app/flags.ts';
import { type App, type AppChanges, appChange, appLayout, appPools } from '../../../../src/phases/app/app.ts';
import type { AppApi } from '../../../../src/phases/app/app-kinds.ts';
import { poolStatuses } from '../../../../src/phases/app/app-status.ts';

const POOLS: AppApi = {
  kind: 'UnitedDeployment',
  plural: 'uniteddeployments',
  version: 'apps.openyurt.io/v1alpha1',
  layout: 'pools',
};
const TWEAKS: AppApi = {
  kind: 'YurtAppSet',
  plural: 'yurtappsets',
  version: 'apps.openyurt.io/v1beta1',
  layout: 'tweaks',
};
const NODE_POOLS = ['cloud', 'edge', 'shops'].map((name) => ({ name, labels: { region: name } }));
const LABELS = { app: 'web' };
const TEMPLATE = {
  metadata: { labels: LABELS },
  spec: {
    selector: { matchLabels: LABELS },
    template: {
      metadata: { labels: LABELS },
      spec: { containers: [{ name: 'web', image: 'nginx:1' }], initContainers: [{ name: 'init', image: 'init:1' }] },
    },
  },
};

function appOf(api: AppApi, spec?: unknown): App {
  const made = appLayout(api).create({
    workload: 'Deployment',
    template: TEMPLATE,
    pools: new Map([
      ['cloud', 2],
      ['edge', 2],
    ]),
  });
  const metadata = { name: 'web', uid: 'u1', resourceVersion: '7' };
  return { api, namespace: 'shops', object: { metadata, spec: spec ?? made }, all: NODE_POOLS };
}

/** The application after a change, as the API server merges it. */
function changed(app: App, changes: AppChanges): App {
  const { patch } = appChange(app, changes) as { patch: { spec: object } };
  const merge = (before: unknown, part: unknown): unknown => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    const fields = { ...(before as Record<string, unknown> | undefined) };
    for (const [key, value] of Object.entries(part)) {
      if (value === null) delete fields[key];
      else fields[key] = merge(fields[key], value);
    }
    return fields;
  };
  return { ...app, object: { ...app.object, spec: merge(app.object.spec, patch.spec) } };
}

const shown = (app: App) => appPools(app).map(({ name, replicas }) => `${name}=${replicas}`);

for (const api of [POOLS, TWEAKS])
  describe(`an application as ${api.kind}`, () => {
    it(`${api.kind}: pools are scaled, added and removed, and others keep their number of pods`, () => {
      const scaled = changed(appOf(api), { replicas: new Map([['edge', 5]]) });
      assert.deepEqual(shown(scaled), ['cloud=2', 'edge=5']);
      const moved = changed(scaled, { added: new Map([['shops', 1]]), removed: ['cloud'] });
      assert.deepEqual(shown(moved), ['edge=5', 'shops=1']);
    });

    it(`${api.kind}: a new image of the template is for all pools, and keeps the other containers`, () => {
      const after = changed(appOf(api), { images: new Map([['web', 'nginx:2']]) });
      const { deploymentTemplate } = appLayout(api).templates(after.object.spec);
      const { containers, initContainers } = deploymentTemplate?.spec.template.spec ?? {};
      assert.deepEqual(
        [containers, initContainers],
        [[{ name: 'web', image: 'nginx:2' }], [{ name: 'init', image: 'init:1' }]],
      );
    });

    it(`${api.kind}: an image of one pool is set and cleared without touching its number of pods`, () => {
      const patch = { images: new Map([['web', 'local/nginx:1']]), rest: undefined };
      const patched = changed(appOf(api), { patches: new Map([['edge', patch]]) });
      assert.match(JSON.stringify(appPools(patched)[1]?.patch ?? patched.object.spec), /local|rest|images/);
      assert.match(JSON.stringify(patched.object.spec), /local\/nginx:1/);
      const cleared = changed(patched, { patches: new Map([['edge', undefined]]) });
      assert.doesNotMatch(JSON.stringify(cleared.object.spec), /local\/nginx:1/);
      assert.deepEqual(shown(cleared), ['cloud=2', 'edge=2']);
    });

    it(`${api.kind}: pools and containers that it does not have are refused together`, () => {
      const changes = {
        images: new Map([['db', 'db:1']]),
        replicas: new Map([['shops', 1]]),
        added: new Map([
          ['edge', 1],
          ['moon', 1],
        ]),
      };
      assert.throws(
        () => appChange(appOf(api), changes),
        ({ code, why }: { code: string; why: string }) =>
          code === 'SETTING_REFUSED' &&
          /container db is not in the template.*\npool shops is not one of its pools.*\npool edge is already one.*\nnode pool moon not found/.test(
            why,
          ),
      );
    });

    it(`${api.kind}: an image of one pool for a container that the template does not have is refused`, () => {
      const patch = { images: new Map([['db', 'db:1']]), rest: undefined };
      const why = /container db is not in the template; it has web, init/;
      assert.throws(() => appChange(appOf(api), { patches: new Map([['edge', patch]]) }), {
        code: 'SETTING_REFUSED',
        why,
      });
    });

    it(`${api.kind}: a change that another client was faster with is not written`, () => {
      assert.equal(appChange(appOf(api), { replicas: new Map([['edge', 2]]) }).isDerived, true);
    });
  });

describe('what differs in a pool', () => {
  it('UnitedDeployment: an image is merged into the strategic merge patch that a pool has', () => {
    const rest = { spec: { template: { spec: { hostNetwork: true, containers: [{ name: 'web', command: ['a'] }] } } } };
    const patches = new Map([['edge', { images: new Map([['web', 'x:1']]), rest }]]);
    const [, pool] = appPools(changed(appOf(POOLS), { patches }));
    const containers = [{ name: 'web', command: ['a'], image: 'x:1' }];
    assert.deepEqual(pool?.patch?.rest, { spec: { template: { spec: { hostNetwork: true, containers } } } });
  });

  // Source: OpenYurt v1.7.0, pkg/yurtmanager/controller/yurtappset/workloadmanager/tweaks.go: the last tweak wins.
  it('YurtAppSet: what is set for one pool wins over tweaks of many, and those stay', () => {
    const shared = { nodepoolSelector: { matchLabels: { region: 'edge' } }, tweaks: { replicas: 9 } };
    const both = { pools: ['cloud', 'edge'], tweaks: { replicas: 4 } };
    const spec = {
      nodepoolSelector: { matchExpressions: [{ key: 'region', operator: 'In', values: ['edge', 'shops'] }] },
      pools: ['cloud'],
      workload: { workloadTemplate: { deploymentTemplate: TEMPLATE }, workloadTweaks: [both, shared] },
    };
    const app = appOf(TWEAKS, spec);
    assert.deepEqual(shown(app), ['cloud=4', 'edge=9', 'shops=undefined']);
    const after = changed(app, { replicas: new Map([['edge', 1]]) });
    assert.deepEqual(shown(after), ['cloud=4', 'edge=1', 'shops=undefined']);
    const { workload } = after.object.spec as typeof spec;
    assert.deepEqual(workload.workloadTweaks.slice(0, 2), [both, shared]);
    assert.throws(() => appChange(app, { removed: ['shops'] }), { code: 'SETTING_REFUSED' });
  });

  it('a patch in the form of the other kind is refused', () => {
    const [merge, operations] = [{ spec: {} }, [{ op: 'add', path: '/spec/paused', value: true }]];
    assert.equal(appLayout(POOLS).refusePatch(merge), undefined);
    assert.match(appLayout(POOLS).refusePatch(operations) ?? '', /strategic merge patch/);
    assert.equal(appLayout(TWEAKS).refusePatch(operations), undefined);
    assert.match(appLayout(TWEAKS).refusePatch(merge) ?? '', /list of operations/);
    assert.match(appLayout(TWEAKS).refusePatch([{ op: 'move', path: '/a' }]) ?? '', /add, remove, replace/);
  });
});

describe('images on the command line of an application', () => {
  const read = (text: string, containers = ['web', 'init']): string => {
    const mistakes: string[] = [];
    const images = imagesOf([text], containers, (mistake) => mistakes.push(mistake));
    return mistakes.join() || JSON.stringify([...images]);
  };
  for (const [text, containers, expected] of [
    ['web=a:1', undefined, /^\[\["web","a:1"\]\]$/],
    ['a:1', ['web'], /^\[\["web","a:1"\]\]$/],
    ['a:1', undefined, /name the container of "a:1": one of web, init/],
    ['a:1', [], /the template of the application has no containers/],
    ['web=a=b', undefined, /"web=a=b" is not \[CONTAINER=\]IMAGE/],
    ['web=', undefined, /is not \[CONTAINER=\]IMAGE/],
    ['=a:1', undefined, /name the container/],
    ['a b', ['web'], /is not \[CONTAINER=\]IMAGE/],
  ] as const)
    it(`--image "${text}" for ${containers?.length ?? 2} containers is understood or refused, never cut`, () => {
      assert.match(read(text, containers && [...containers]), expected);
    });
});

describe('the status of an application', () => {
  it('the status has a line for each pool, and for workloads that are left of a pool', () => {
    const workload = (pool: string, ready: number) => ({
      metadata: { name: `web-${pool}-x`, labels: { 'apps.openyurt.io/pool-name': pool } },
      spec: { selector: {}, replicas: 2, template: { spec: { containers: [{ name: 'web', image: 'nginx:1' }] } } },
      status: { readyReplicas: ready, updatedReplicas: 2 },
    });
    const found = poolStatuses(appOf(POOLS), [workload('cloud', 1), workload('gone', 2)]);
    assert.deepEqual(
      found.map(({ pool, ready, replicas, workload: name }) => [pool, ready, replicas, name]),
      [
        ['cloud', 1, 2, 'web-cloud-x'],
        ['edge', 0, 2, undefined],
        ['gone', 2, 0, 'web-gone-x'],
      ],
    );
  });
});
