import type { KubeObject, Resource } from './resources.ts';

export const SCALE: Pick<Resource, 'group' | 'kind' | 'custom'> = { group: 'autoscaling', kind: 'Scale' };

/** How the subresource `scale` shows a Deployment. */
export function scaleOf({ metadata, spec, status }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const labels = Object.entries(
    (spec?.selector as { matchLabels?: Record<string, string> } | undefined)?.matchLabels ?? {},
  );
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec?.replicas ? { replicas: spec.replicas } : {},
    status: { replicas: status?.replicas ?? 0, selector: labels.map((pair) => pair.join('=')).join() },
  };
}

/** The Deployment as a changed scale would have it. */
export function scaled(object: KubeObject, { metadata, spec }: KubeObject): KubeObject {
  const { resourceVersion = object.metadata.resourceVersion } = metadata ?? {};
  return {
    ...object,
    metadata: { ...object.metadata, resourceVersion },
    spec: { ...object.spec, replicas: spec?.replicas ?? 0 },
  };
}
