import { ownValue } from '../../lib/own-value.ts';
import type { AppLayout, AppPool, AppRequest, LabelledPool, PoolPatch } from './layout.ts';
import { POOL_TOLERATION, REVISION_HISTORY } from './pools-layout.ts';
import { templatesOf, type WorkloadTemplates } from './workload-template.ts';

interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

interface Tweaks {
  readonly replicas?: number;
  readonly containerImages?: readonly { readonly name: string; readonly targetImage: string }[];
  readonly patches?: readonly unknown[];
}

interface WorkloadTweak {
  readonly pools?: readonly string[];
  readonly nodepoolSelector?: LabelSelector;
  readonly tweaks: Tweaks;
}

interface TweaksSpec {
  readonly pools?: readonly string[];
  readonly nodepoolSelector?: LabelSelector;
  readonly workload?: {
    readonly workloadTemplate?: WorkloadTemplates;
    readonly workloadTweaks?: readonly WorkloadTweak[];
  };
}

const OPERATIONS = ['add', 'remove', 'replace'];

/** True if labels match. An empty selector selects all, as in Kubernetes. */
function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: LabelledPool['labels']): boolean {
  const fits = Object.entries(matchLabels).every(([key, value]) => ownValue(labels, key) === value);
  return (
    fits &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = ownValue(labels, key);
      if (operator === 'In') return value !== undefined && values.includes(value);
      if (operator === 'NotIn') return value === undefined || !values.includes(value);
      return operator === 'Exists' ? value !== undefined : value === undefined;
    })
  );
}

const tweaksOf = (spec: TweaksSpec): readonly WorkloadTweak[] => spec.workload?.workloadTweaks ?? [];

const withTweaks = (spec: TweaksSpec, workloadTweaks: readonly WorkloadTweak[]): TweaksSpec => ({
  ...spec,
  workload: { ...spec.workload, workloadTweaks },
});

/** Tweaks of one pool only: others are shared, and stay. */
const isOwn = ({ pools, nodepoolSelector }: WorkloadTweak, pool: string): boolean =>
  nodepoolSelector === undefined && pools?.length === 1 && pools[0] === pool;

function ownTweaks(spec: TweaksSpec, pool: string): Tweaks {
  const own = tweaksOf(spec).filter((tweak) => isOwn(tweak, pool));
  const patches = own.flatMap(({ tweaks }) => tweaks.patches ?? []);
  const images = own.flatMap(({ tweaks }) => tweaks.containerImages ?? []);
  const replicas = own.map(({ tweaks }) => tweaks.replicas).findLast((each) => each !== undefined);
  return tweaksWith(replicas, new Map(images.map(({ name, targetImage }) => [name, targetImage])), patches);
}

function tweaksWith(
  replicas: number | undefined,
  images: ReadonlyMap<string, string>,
  patches: readonly unknown[],
): Tweaks {
  return {
    ...(replicas !== undefined && { replicas }),
    ...(images.size > 0 && { containerImages: [...images].map(([name, targetImage]) => ({ name, targetImage })) }),
    ...(patches.length > 0 && { patches }),
  };
}

/** The last tweak wins: that of one pool sorts after those of many. */
function withOwn(spec: TweaksSpec, pool: string, tweaks: Tweaks): TweaksSpec {
  const others = tweaksOf(spec).filter((tweak) => !isOwn(tweak, pool));
  return withTweaks(spec, Object.keys(tweaks).length === 0 ? others : [...others, { pools: [pool], tweaks }]);
}

function replicasIn(spec: TweaksSpec, pool: LabelledPool): number | undefined {
  const related = tweaksOf(spec).filter(
    ({ pools, nodepoolSelector }) =>
      pools?.includes(pool.name) || (nodepoolSelector && selects(nodepoolSelector, pool.labels)),
  );
  return related.map(({ tweaks }) => tweaks.replicas).findLast((each) => each !== undefined);
}

function patchIn(spec: TweaksSpec, pool: string): PoolPatch | undefined {
  const { containerImages = [], patches } = ownTweaks(spec, pool);
  if (containerImages.length === 0 && !patches) return undefined;
  return { images: new Map(containerImages.map(({ name, targetImage }) => [name, targetImage])), rest: patches };
}

/** YurtAppSet v1beta1: pools by name or label, and tweaks of the template for some of them. It has no tolerations of pools. */
export const TWEAKS_LAYOUT: AppLayout<TweaksSpec> = {
  create: ({ workload, template, pools }: AppRequest): TweaksSpec => {
    const pod = template.spec.template;
    const tolerations = [...(pod.spec.tolerations ?? []), POOL_TOLERATION];
    const tolerant = {
      ...template,
      spec: { ...template.spec, template: { ...pod, spec: { ...pod.spec, tolerations } } },
    };
    const workloadTweaks = [...pools].map(([name, replicas]) => ({ pools: [name], tweaks: { replicas } }));
    const made = { pools: [...pools.keys()], revisionHistoryLimit: REVISION_HISTORY };
    return { ...made, workload: { workloadTemplate: templatesOf(workload, tolerant), workloadTweaks } } as TweaksSpec;
  },
  templates: ({ workload }) => workload?.workloadTemplate ?? {},
  withTemplates: (spec, workloadTemplate) => ({ ...spec, workload: { ...spec.workload, workloadTemplate } }),
  pools: (spec, all): AppPool[] => {
    const { pools = [], nodepoolSelector } = spec;
    const selected = nodepoolSelector ? all.filter(({ labels }) => selects(nodepoolSelector, labels)) : [];
    const names = [...new Set([...pools, ...selected.map(({ name }) => name)])];
    return names.map((name) => {
      const pool = all.find((each) => each.name === name) ?? { name, labels: {} };
      return { name, replicas: replicasIn(spec, pool), patch: patchIn(spec, name) };
    });
  },
  withReplicas: (spec, pool, replicas) => withOwn(spec, pool, { ...ownTweaks(spec, pool), replicas }),
  withPool: (spec, pool, replicas) =>
    withOwn({ ...spec, pools: [...(spec.pools ?? []), pool] }, pool, { ...ownTweaks(spec, pool), replicas }),
  withoutPool: (spec, pool) =>
    withOwn({ ...spec, pools: (spec.pools ?? []).filter((name) => name !== pool) }, pool, {}),
  withPatch: (spec, pool, patch) => {
    const { replicas } = ownTweaks(spec, pool);
    return withOwn(spec, pool, tweaksWith(replicas, patch?.images ?? new Map(), operationsOf(patch?.rest)));
  },
  refusePatch: (patch) =>
    Array.isArray(patch) && patch.every(isOperation)
      ? undefined
      : 'this kind takes a list of operations (add, remove, replace) on the workload, such as [{"op":"add","path":"/spec/template/spec/hostNetwork","value":true}]',
};

interface Operation {
  readonly op?: unknown;
  readonly operation?: unknown;
  readonly path?: unknown;
}

function isOperation(item: unknown): boolean {
  const { op, operation, path } = (item ?? {}) as Operation;
  return OPERATIONS.includes(String(op ?? operation)) && typeof path === 'string' && path.startsWith('/');
}

/** RFC 6902 calls `op` what OpenYurt calls `operation`. */
function operationsOf(rest: unknown): unknown[] {
  return ((rest ?? []) as readonly Operation[]).map(({ op, ...each }) => ({
    ...each,
    operation: op ?? each.operation,
  }));
}
