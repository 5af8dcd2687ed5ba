/** Any object of a manifest. */
export interface ManifestObject {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown };
  readonly [field: string]: unknown;
}

/** What pods are made of, as manifests have it. */
interface PodTemplate {
  metadata?: { labels?: Record<string, string> };
  spec: PodTemplateSpec;
}

interface NodeRequirement {
  readonly key?: string;
  readonly operator?: string;
  readonly values?: readonly string[];
}

export interface PodTemplateSpec {
  readonly hostNetwork?: boolean;
  readonly containers: readonly unknown[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly { readonly key?: string; readonly operator?: string; readonly value?: string }[];
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms?: readonly { readonly matchExpressions?: readonly NodeRequirement[] }[];
      };
    };
  };
}

/** A template within an object. */
export interface FoundTemplate {
  /** `TFJob/smoke, spec.tfReplicaSpecs.Worker` */
  readonly where: string;
  /** The object's own: a change of it changes the object. */
  readonly template: PodTemplate;
  /** Pods of it; 1 unless the object says another number. */
  readonly replicas: number;
}

type Fields = Record<string, unknown>;

/** Deeper than any workload nests its template. */
const DEEPEST = 8;

/**
 * The pod templates of an object: of a Pod itself, of the workloads of Kubernetes, and of any custom resource that
 * keeps them in a field `template`, as a TFJob does for each of its roles.
 */
export function podTemplatesIn(object: ManifestObject): FoundTemplate[] {
  const name = `${String(object.kind ?? 'object')}/${String(object.metadata?.name ?? '')}`;
  if (object.kind === 'Pod' && isTemplate(object)) return [{ where: name, template: object, replicas: 1 }];
  const found: FoundTemplate[] = [];
  walk(object, '', 0, (template, owner, path) => {
    const where = path === 'spec' || path === '' ? name : `${name}, ${path}`;
    found.push({ where, template, replicas: replicasOf(owner) });
  });
  return found;
}

function walk(
  value: unknown,
  path: string,
  depth: number,
  take: (template: PodTemplate, owner: Fields, path: string) => void,
): void {
  if (depth > DEEPEST || typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (key === 'template' && isTemplate(child)) take(child, value as Fields, path);
    else walk(child, path ? `${path}.${key}` : key, depth + 1, take);
  }
}

function isTemplate(value: unknown): value is PodTemplate {
  const { spec } = (value ?? {}) as { spec?: { containers?: unknown } };
  return Array.isArray(spec?.containers);
}

/** A Job says `parallelism`. */
function replicasOf({ replicas, parallelism }: Fields): number {
  return Number(replicas ?? parallelism ?? 1);
}
