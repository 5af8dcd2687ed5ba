import type { V1OwnerReference, V1Pod } from '@kubernetes/client-node';

/** Where the pods run that upgrade nodes: one that evicted itself would never finish. */
export const UPGRADE_NAMESPACE = 'kube-upgrade';

const MIRROR = 'kubernetes.io/config.mirror';

/** Which pods a drain may lose, by the names of kubectl drain's flags. Both default to false. */
export interface DrainPolicy {
  /** Evict pods that no controller recreates. */
  readonly force?: boolean;
  /** Evict pods with an emptyDir volume, whose data is deleted with them. */
  readonly deleteEmptyDirData?: boolean;
}

/** Why a drain refuses to evict a pod, with the flag of kubectl's that lets it go ahead. */
export const REFUSALS = {
  unmanaged: { reason: 'no controller recreates these pods', flag: '--force' },
  orphaned: { reason: 'the DaemonSet of these pods no longer exists', flag: '--force' },
  localStorage: { reason: 'these pods have an emptyDir volume, whose data is deleted', flag: '--delete-emptydir-data' },
} as const;

export type DrainRefusal = keyof typeof REFUSALS;

/**
 * What a drain does with a pod: it evicts it, waits for one that is being deleted already, leaves it on the node, or
 * refuses to drain the node because of it.
 */
export type PodDecision =
  | { readonly action: 'evict' | 'wait' | 'leave' }
  | { readonly action: 'refuse'; readonly refusals: readonly DrainRefusal[] };

/**
 * Decides as `kubectl drain --ignore-daemonsets` does. Two differences: a pod that is being deleted is waited for
 * whatever it is, and a pod with several reasons against it names all of them.
 * Source: k8s.io/kubectl/pkg/drain/filters.go.
 * @param isOrphan true for a pod whose DaemonSet no longer exists
 */
export function decide(pod: V1Pod, policy: DrainPolicy, isOrphan: boolean): PodDecision {
  const { annotations, namespace, deletionTimestamp } = pod.metadata ?? {};
  if (annotations?.[MIRROR] !== undefined || namespace === UPGRADE_NAMESPACE) return { action: 'leave' };
  // A finished pod is evicted whatever made it.
  const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const managed = daemonSetOf(pod) !== undefined && !finished;
  if (managed && !isOrphan) return { action: 'leave' };
  if (deletionTimestamp !== undefined) return { action: 'wait' };
  if (finished) return { action: 'evict' };
  const refusals: DrainRefusal[] = [];
  if (managed && !policy.force) refusals.push('orphaned');
  if (!controllerOf(pod) && !policy.force) refusals.push('unmanaged');
  if (hasEmptyDir(pod) && !policy.deleteEmptyDirData) refusals.push('localStorage');
  return refusals.length > 0 ? { action: 'refuse', refusals } : { action: 'evict' };
}

/** The name of the DaemonSet that controls a pod. */
export function daemonSetOf(pod: V1Pod): string | undefined {
  const controller = controllerOf(pod);
  return controller?.kind === 'DaemonSet' ? controller.name : undefined;
}

/** `NAMESPACE/NAME`. */
export function podName({ metadata }: V1Pod): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

export function controllerOf({ metadata }: V1Pod): V1OwnerReference | undefined {
  return metadata?.ownerReferences?.find(({ controller }) => controller);
}

function hasEmptyDir({ spec }: V1Pod): boolean {
  return spec?.volumes?.some(({ emptyDir }) => emptyDir !== undefined && emptyDir !== null) ?? false;
}
