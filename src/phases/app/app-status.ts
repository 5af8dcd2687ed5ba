import type { V1Deployment, V1StatefulSet } from '@kubernetes/client-node';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listWhole } from '../../kubernetes/api/list.ts';
import { type App, appPools } from './app.ts';
import type { AppPool } from './layout.ts';

type Workload = V1Deployment | V1StatefulSet;

/** What an application is in one pool. */
export interface PoolStatus {
  readonly pool: string;
  /** What the application says. */
  readonly replicas: number | undefined;
  readonly ready: number;
  readonly updated: number;
  /** `web-cloud-x2k4p`; undefined if the controller has made none. */
  readonly workload: string | undefined;
  readonly images: readonly string[];
  readonly patched: boolean;
}

/** Label of a workload: the pool that it is for. Source: OpenYurt v1.7.0, pkg/apis/apps/well_known_labels_annotations.go. */
const POOL_NAME = 'apps.openyurt.io/pool-name';

/** The workloads that a controller has made for an application. */
export async function appWorkloads(
  client: ApiClient,
  { object, namespace }: App,
  signal: AbortSignal,
): Promise<Workload[]> {
  const root = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}`;
  const lists = await Promise.all(
    ['deployments', 'statefulsets'].map((plural) => listWhole<Workload>(client, `${root}/${plural}`, signal)),
  );
  const { uid } = object.metadata;
  return lists.flat().filter(({ metadata }) => metadata?.ownerReferences?.some((owner) => owner.uid === uid));
}

/** One entry for each pool of the application, and for each workload that is left of a pool. */
export function poolStatuses(app: App, workloads: readonly Workload[]): PoolStatus[] {
  const pools = appPools(app);
  const of = (name: string) => workloads.find(({ metadata }) => metadata?.labels?.[POOL_NAME] === name);
  const left = workloads.filter(({ metadata }) => !pools.some(({ name }) => name === metadata?.labels?.[POOL_NAME]));
  return [
    ...pools.map((pool) => statusOf(pool, of(pool.name))),
    ...left.map((workload) => {
      const name = workload.metadata?.labels?.[POOL_NAME] ?? '';
      return statusOf({ name, replicas: 0, patch: undefined }, workload);
    }),
  ];
}

function statusOf({ name, replicas, patch }: AppPool, workload: Workload | undefined): PoolStatus {
  const { status, spec, metadata } = workload ?? {};
  return {
    pool: name,
    replicas: replicas ?? spec?.replicas,
    ready: status?.readyReplicas ?? 0,
    updated: status?.updatedReplicas ?? 0,
    workload: metadata?.name,
    images: spec?.template.spec?.containers.map(({ image = '' }) => image) ?? [],
    patched: patch !== undefined,
  };
}
