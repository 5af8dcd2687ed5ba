import type { Registry } from './registry.ts';
import type { KubeObject, Resource } from './resources.ts';

/**
 * What the controller-manager says of a new generation of a workload. Nothing runs Deployments here: all their replicas
 * are unavailable.
 */
export function reconcileWorkload(registry: Registry, resource: Resource, object: KubeObject): void {
  const { generation } = object.metadata;
  if (object.status?.observedGeneration === generation) return;
  const status = { observedGeneration: generation, ...countsOf(resource, object) };
  registry.replace(resource, { ...object, status }, object);
}

function countsOf({ plural }: Resource, { spec, status }: KubeObject): Record<string, unknown> {
  if (plural === 'deployments') {
    const unavailableReplicas = Number(spec?.replicas);
    return { replicas: 0, ...(unavailableReplicas > 0 && { unavailableReplicas }) };
  }
  const none = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
  return { ...none, ...status };
}
