import type { AppLayout, AppPool, AppRequest, PoolPatch } from './layout.ts';
import type { WorkloadTemplates } from './workload-template.ts';

/** A pool of UnitedDeployment, and of YurtAppSet v1alpha1. */
interface Pool {
  readonly name: string;
  readonly replicas?: number;
  readonly patch?: unknown;
}

interface PoolsSpec {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly workloadTemplate?: WorkloadTemplates;
  readonly topology?: { readonly pools?: readonly Pool[] };
}

const POOL_LABEL = 'apps.openyurt.io/nodepool';
/** What the guide gives to every edge pool: the taint of nodes that no other workload may run on. */
export const POOL_TOLERATION = { effect: 'NoSchedule', key: 'apps.openyurt.io/taints', operator: 'Exists' };
/** The guide's; OpenYurt's default is 10. */
export const REVISION_HISTORY = 5;

function poolOf(name: string, replicas: number): Pool {
  const nodeSelectorTerm = { matchExpressions: [{ key: POOL_LABEL, operator: 'In', values: [name] }] };
  return { name, nodeSelectorTerm, replicas, tolerations: [POOL_TOLERATION] } as Pool;
}

const poolsOf = (spec: PoolsSpec): readonly Pool[] => spec.topology?.pools ?? [];

const withPools = (spec: PoolsSpec, pools: readonly Pool[]): PoolsSpec => ({
  ...spec,
  topology: { ...spec.topology, pools },
});

const changed = (spec: PoolsSpec, name: string, change: (pool: Pool) => Pool): PoolsSpec =>
  withPools(
    spec,
    poolsOf(spec).map((pool) => (pool.name === name ? change(pool) : pool)),
  );

/** Images are part of the strategic merge patch, which merges containers by name. */
function patchOf({ images, rest }: PoolPatch): unknown {
  if (images.size === 0) return rest;
  const given = (rest ?? {}) as StrategicPatch;
  const before = given.spec?.template?.spec?.containers ?? [];
  const others = before.filter(({ name }) => !images.has(name ?? ''));
  const own = [...images].map(([name, image]) => ({ ...before.find((each) => each.name === name), name, image }));
  const pod = { ...given.spec?.template?.spec, containers: [...others, ...own] };
  return { ...given, spec: { ...given.spec, template: { ...given.spec?.template, spec: pod } } };
}

interface StrategicPatch {
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly containers?: readonly { readonly name?: string }[] } };
  };
}

/** UnitedDeployment, and YurtAppSet v1alpha1: a list of pools, each with its number of pods and a strategic merge patch. */
export const POOLS_LAYOUT: AppLayout<PoolsSpec> = {
  create: ({ workload, template, pools }: AppRequest): PoolsSpec => {
    const { selector } = template.spec;
    const list = [...pools].map(([name, replicas]) => poolOf(name, replicas));
    const templates = workload === 'StatefulSet' ? { statefulSetTemplate: template } : { deploymentTemplate: template };
    return {
      revisionHistoryLimit: REVISION_HISTORY,
      selector,
      workloadTemplate: templates,
      topology: { pools: list },
    } as PoolsSpec;
  },
  templates: ({ workloadTemplate = {} }) => workloadTemplate,
  withTemplates: (spec, workloadTemplate) => ({ ...spec, workloadTemplate }),
  pools: (spec): AppPool[] =>
    poolsOf(spec).map(({ name, replicas, patch }) => ({
      name,
      replicas,
      patch: patch === undefined ? undefined : { images: new Map(), rest: patch },
    })),
  withReplicas: (spec, name, replicas) => changed(spec, name, (pool) => ({ ...pool, replicas })),
  withPool: (spec, name, replicas) => withPools(spec, [...poolsOf(spec), poolOf(name, replicas)]),
  withoutPool: (spec, name) =>
    withPools(
      spec,
      poolsOf(spec).filter((pool) => pool.name !== name),
    ),
  withPatch: (spec, name, patch) =>
    changed(spec, name, ({ patch: _before, ...pool }) => (patch ? { ...pool, patch: patchOf(patch) } : pool)),
  refusePatch: (patch) =>
    typeof patch === 'object' && patch !== null && !Array.isArray(patch)
      ? undefined
      : 'this kind takes a strategic merge patch of the workload, such as {"spec":{"template":{"spec":{"hostNetwork":true}}}}',
};
