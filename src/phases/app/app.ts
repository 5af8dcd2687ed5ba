import { EdgeadmError } from '../../errors/index.ts';
import { type ChangeRequest, planChange } from '../../kubernetes/api/change.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listNodePoolObjects } from '../../kubernetes/api/node-pools.ts';
import { mergePatch } from '../../lib/merge-patch.ts';
import { type AppApi, type AppKind, appsPath, servedApps } from './app-kinds.ts';
import type { AppLayout, AppPool, AppRequest, LabelledPool, PoolPatch } from './layout.ts';
import { POOLS_LAYOUT } from './pools-layout.ts';
import { TWEAKS_LAYOUT } from './tweaks-layout.ts';
import { imagesIn, templateIn, withImages } from './workload-template.ts';

/** An object of one of the kinds. */
interface AppObject {
  readonly metadata: { readonly name: string; readonly uid?: string; readonly resourceVersion?: string };
  readonly spec?: unknown;
  readonly status?: { readonly conditions?: readonly AppCondition[] };
}

interface AppCondition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** An application, and the cluster's node pools. */
export interface App {
  readonly api: AppApi;
  readonly namespace: string;
  readonly object: AppObject;
  readonly all: readonly LabelledPool[];
}

export function appLayout({ layout }: AppApi): AppLayout {
  return layout === 'pools' ? POOLS_LAYOUT : TWEAKS_LAYOUT;
}

/** `yurtappset/web` */
export function appName({ api, object }: Pick<App, 'api' | 'object'>): string {
  return `${api.kind.toLowerCase()}/${object.metadata.name}`;
}

export function appPools({ api, object, all }: App): AppPool[] {
  return appLayout(api).pools(object.spec ?? {}, all);
}

/** Images of the template, by container. */
export function appImages({ api, object }: App): Map<string, string> {
  return imagesIn(templateIn(appLayout(api).templates(object.spec ?? {})));
}

/** The node pools of a cluster. @throws EdgeadmError NODEPOOL_REFUSED */
async function labelledPools(client: ApiClient): Promise<LabelledPool[]> {
  const pools = await listNodePoolObjects(client);
  return pools.map(({ metadata }) => ({ name: metadata.name, labels: metadata.labels ?? {} }));
}

/**
 * Finds an application by its name, in whichever kind it is.
 * @throws EdgeadmError OBJECT_NOT_FOUND; SETTING_REFUSED if there is one of each kind
 */
export async function findApp(
  client: ApiClient,
  { namespace, name, kind }: { readonly namespace: string; readonly name: string; readonly kind?: AppKind },
  signal: AbortSignal,
): Promise<App> {
  const apis = await servedApps(client, kind, signal);
  const answers = await Promise.all(
    apis.map(async (api) => {
      const object = await client.find<AppObject>(`${appsPath(api, namespace)}/${encodeURIComponent(name)}`, {
        signal,
      });
      return object ? [{ api, object }] : [];
    }),
  );
  const [first, other] = answers.flat();
  if (first && other)
    throw new EdgeadmError({
      code: 'SETTING_REFUSED',
      what: `two applications are named ${namespace}/${name}`,
      why: [first, other].map(appName).join(', '),
      next: `Say which one: --kind ${first.api.kind}`,
    });
  if (first) return { ...first, namespace, all: await labelledPools(client) };
  const kinds = apis.map((api) => api.kind);
  throw new EdgeadmError({
    code: 'OBJECT_NOT_FOUND',
    what: `application ${namespace}/${name} not found`,
    why: `looked for: ${kinds.join(', ')}`,
    next: `kubectl get ${apis.map(({ plural }) => plural).join(',')} --all-namespaces`,
  });
}

/** What is to become of an application. */
export interface AppChanges {
  readonly images?: ReadonlyMap<string, string>;
  readonly replicas?: ReadonlyMap<string, number>;
  readonly added?: ReadonlyMap<string, number>;
  readonly removed?: readonly string[];
  /** By pool; undefined for none. */
  readonly patches?: ReadonlyMap<string, PoolPatch | undefined>;
}

/** The change of the object. @throws EdgeadmError SETTING_REFUSED with every reason why it cannot be */
export function appChange(app: App, changes: AppChanges): ChangeRequest {
  const reasons = refuseChanges(app, changes);
  if (reasons.length > 0)
    throw new EdgeadmError({
      code: 'SETTING_REFUSED',
      what: `${appName(app)} cannot be changed in this way`,
      why: reasons.join('\n'),
    });
  const { api, namespace, object } = app;
  const { version: apiVersion, kind } = api;
  return {
    name: appName(app),
    path: `${appsPath(api, namespace)}/${object.metadata.name}`,
    before: { ...object, apiVersion, kind },
    patch: { spec: mergePatch(object.spec ?? {}, changedSpec(app, changes)) ?? {} },
    isDerived: true,
  };
}

function changedSpec(app: App, changes: AppChanges): unknown {
  const { api, object } = app;
  const layout = appLayout(api);
  const isThere = (pool: string): boolean => appPools(app).some(({ name }) => name === pool);
  const { images = new Map(), replicas = [], added = [], removed = [], patches = [] } = changes;
  let spec = object.spec ?? {};
  if (images.size > 0) spec = layout.withTemplates(spec, withImages(layout.templates(spec), images)) as object;
  for (const [pool, count] of replicas) spec = layout.withReplicas(spec, pool, count) as object;
  for (const [pool, count] of added) if (!isThere(pool)) spec = layout.withPool(spec, pool, count) as object;
  for (const pool of removed) spec = layout.withoutPool(spec, pool) as object;
  for (const [pool, patch] of patches) spec = layout.withPatch(spec, pool, patch) as object;
  return spec;
}

function refuseChanges(app: App, changes: AppChanges): string[] {
  const { images, replicas, added, removed = [], patches } = changes;
  const own = appPools(app).map(({ name }) => name);
  const containers = [...appImages(app).keys()];
  const left = appLayout(app.api).pools(changedSpec(app, { removed }), app.all);
  return [
    ...[...(images?.keys() ?? [])]
      .filter((name) => !containers.includes(name))
      .map((name) => `container ${name} is not in the template; it has ${containers.join(', ') || 'none'}`),
    ...[...(patches ?? [])].flatMap(([pool, patch]) => refusePatchedImages(app, pool, patch)),
    ...[...(replicas?.keys() ?? []), ...removed, ...(patches?.keys() ?? [])]
      .filter((pool) => !own.includes(pool))
      .map((pool) => `pool ${pool} is not one of its pools: ${own.join(', ') || 'it has none'}`),
    ...appPools(app)
      .filter(({ name, replicas }) => added?.has(name) && added.get(name) !== replicas)
      .map(({ name }) => `pool ${name} is already one of its pools: use \`edgeadm app scale\``),
    ...refuseUnknownPools([...(added?.keys() ?? [])], app.all),
    ...removed
      .filter((pool) => own.includes(pool) && left.some(({ name }) => name === pool))
      .map((pool) => `pool ${pool} is selected by labels (spec.nodepoolSelector), not by name: change its labels`),
  ];
}

/** An image for a container that the template does not have would add one, or be ignored. */
function refusePatchedImages(app: App, pool: string, patch: PoolPatch | undefined): string[] {
  const before = appPools(app).find(({ name }) => name === pool)?.patch;
  const containers = [...appImages(app).keys()];
  return [...(patch?.images.keys() ?? [])]
    .filter((name) => !containers.includes(name) && !before?.images.has(name))
    .map((name) => `container ${name} is not in the template; it has ${containers.join(', ') || 'none'}`);
}

/** Why an application cannot run in these pools. */
function refuseUnknownPools(names: readonly string[], all: readonly LabelledPool[]): string[] {
  const known = all.map(({ name }) => name);
  return names
    .filter((name) => !known.includes(name))
    .map((name) => `node pool ${name} not found; the cluster has ${known.join(', ') || 'none'}`);
}

/**
 * The creation of an application; no change if the cluster has it exactly so, since the line may run again.
 * @throws EdgeadmError SETTING_REFUSED if it exists in another form, or a pool does not exist
 */
export async function createApp(
  client: ApiClient,
  { api, namespace, name }: { readonly api: AppApi; readonly namespace: string; readonly name: string },
  request: AppRequest,
): Promise<ChangeRequest> {
  const path = `${appsPath(api, namespace)}/${encodeURIComponent(name)}`;
  const before = await client.find<AppObject>(path);
  const metadata = { name, namespace };
  const patch = { apiVersion: api.version, kind: api.kind, metadata, spec: appLayout(api).create(request) };
  const change = { name: `${api.kind.toLowerCase()}/${name}`, path, before, patch };
  if (before && (await planChange(client, change)).outcome === 'unchanged') return change;
  const reasons = refuseUnknownPools([...request.pools.keys()], await labelledPools(client));
  if (before) reasons.push('it already exists with other settings: use `edgeadm app set`, `scale` and `patch`');
  if (reasons.length > 0)
    throw new EdgeadmError({
      code: 'SETTING_REFUSED',
      what: `${api.kind} ${namespace}/${name} cannot be created`,
      why: reasons.join('\n'),
      next: before
        ? `edgeadm app status ${name} --namespace ${namespace}`
        : '`edgeadm nodepool list` has the names; pools of the container service go by ID.',
    });
  return change;
}
