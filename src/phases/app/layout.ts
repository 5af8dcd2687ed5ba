import type { WorkloadKind, WorkloadTemplate, WorkloadTemplates } from './workload-template.ts';

/** A node pool that an application runs in. */
export interface AppPool {
  readonly name: string;
  /** Undefined if the template says it. */
  readonly replicas: number | undefined;
  /** What differs from the template in this pool alone; undefined for nothing. In the form of the layout. */
  readonly patch: PoolPatch | undefined;
}

/** Images by container, and a patch in the form that the kind takes. */
export interface PoolPatch {
  readonly images: ReadonlyMap<string, string>;
  /** A strategic merge patch, or a list of operations. */
  readonly rest: unknown;
}

/** A node pool, as selectors see it. */
export interface LabelledPool {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a new application is made of. */
export interface AppRequest {
  readonly workload: WorkloadKind;
  readonly template: WorkloadTemplate;
  /** Number of pods by pool. */
  readonly pools: ReadonlyMap<string, number>;
}

/** How a version of a kind says which pool has how many pods, and what differs there. Specs are not changed but copied. */
export interface AppLayout<Spec = unknown> {
  /** The specification of a new application. */
  create(request: AppRequest): Spec;
  templates(spec: Spec): WorkloadTemplates;
  withTemplates(spec: Spec, templates: WorkloadTemplates): Spec;
  /** The pools of an application, those that it selects by labels included. */
  pools(spec: Spec, all: readonly LabelledPool[]): AppPool[];
  /** The pool must be one of the application. */
  withReplicas(spec: Spec, pool: string, replicas: number): Spec;
  withPool(spec: Spec, pool: string, replicas: number): Spec;
  withoutPool(spec: Spec, pool: string): Spec;
  withPatch(spec: Spec, pool: string, patch: PoolPatch | undefined): Spec;
  /** Why a text cannot be a patch of this kind; undefined if it can. */
  refusePatch(patch: unknown): string | undefined;
}
