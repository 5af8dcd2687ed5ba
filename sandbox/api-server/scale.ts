import type { ScalePaths } from './custom/defined.ts';
import { jsonPath } from './custom/json-path.ts';
import type { Json } from './json.ts';
import type { KubeObject, Resource } from './resources.ts';

export const SCALE: Pick<Resource, 'group' | 'kind' | 'custom'> = { group: 'autoscaling', kind: 'Scale' };

const OF_DEPLOYMENTS: ScalePaths = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' };

/** How the subresource `scale` shows a Deployment, or an object of a custom kind. */
export function scaleOf(object: KubeObject, { defined }: Resource): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = defined?.scale ?? OF_DEPLOYMENTS;
  const replicas = at(object, specReplicasPath);
  const selector = defined ? at(object, labelSelectorPath ?? '') : labelsOf(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas ? { replicas } : {},
    status: { replicas: at(object, statusReplicasPath) ?? 0, ...(selector !== undefined && { selector }) },
  };
}

function labelsOf({ spec }: KubeObject): string {
  const { matchLabels = {} } = (spec?.selector ?? {}) as { matchLabels?: Record<string, string> };
  return Object.entries(matchLabels)
    .map((pair) => pair.join('='))
    .join();
}

function at(object: KubeObject, path: string): Json | undefined {
  return path === '' ? undefined : jsonPath(path)?.(object as unknown as Json)[0];
}

/** The object as a changed scale would have it. */
export function scaled(object: KubeObject, { metadata, spec }: KubeObject, { defined }: Resource): KubeObject {
  const { resourceVersion = object.metadata.resourceVersion } = metadata ?? {};
  const { specReplicasPath } = defined?.scale ?? OF_DEPLOYMENTS;
  const fields = specReplicasPath.split('.').filter(Boolean);
  return {
    ...(withField(object, fields, spec?.replicas ?? 0) as KubeObject),
    metadata: { ...object.metadata, resourceVersion },
  };
}

function withField(object: object, [field = '', ...rest]: readonly string[], value: unknown): object {
  const below = (object as Record<string, unknown>)[field] ?? {};
  return { ...object, [field]: rest.length > 0 ? withField(below as object, rest, value) : value };
}
