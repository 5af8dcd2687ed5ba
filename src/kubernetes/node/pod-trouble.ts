import type { V1Pod } from '@kubernetes/client-node';
import { podName } from '../drain/pods.ts';
import { isReady } from './conditions.ts';

/** A pod that is not as it should be, and why. */
export interface PodTrouble {
  /** `kube-system/coredns-x` */
  readonly name: string;
  readonly node: string | undefined;
  /** `DaemonSet kube-system/kube-proxy`: the controller of the pod. */
  readonly owner: string | undefined;
  /** `CrashLoopBackOff`, `Pending`, `not ready` ... */
  readonly problem: string;
}

/** What is wrong with a pod; undefined for one that runs and is ready, has done its work, or is being deleted. */
export function troubleOf(pod: V1Pod): PodTrouble | undefined {
  const { metadata, spec } = pod;
  const problem = metadata?.deletionTimestamp ? undefined : problemOf(pod);
  if (problem === undefined) return undefined;
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  return {
    name: podName(pod),
    node: spec?.nodeName,
    owner: owner && `${owner.kind} ${metadata?.namespace}/${owner.name}`,
    problem,
  };
}

function problemOf(pod: V1Pod): string | undefined {
  const { status } = pod;
  const { phase = 'Unknown', reason, conditions = [] } = status ?? {};
  if (phase === 'Succeeded') return undefined;
  if (phase === 'Running' && isReady(pod)) return undefined;
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const waiting = containers
    .map(({ state }) => state?.waiting?.reason)
    .find((found) => found && !['ContainerCreating', 'PodInitializing'].includes(found));
  const scheduling = conditions.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  return reason ?? waiting ?? scheduling?.reason ?? (phase === 'Running' ? 'not ready' : phase);
}
