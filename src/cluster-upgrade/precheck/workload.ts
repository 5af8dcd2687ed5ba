import type { V1DaemonSet, V1Deployment } from '@kubernetes/client-node';
import { SYSTEM_NAMESPACES } from '../../kubernetes/addons.ts';
import { concatSettled } from './concat-settled.ts';

/** A DaemonSet or a Deployment, with how many pods it should have and has. */
export interface Workload {
  readonly kind: 'DaemonSet' | 'Deployment';
  /** `kube-system/coredns` */
  readonly path: string;
  readonly name: string;
  readonly desired: number;
  readonly available: number;
}

/** DaemonSets and Deployments of the system's namespaces. */
export function readWorkloads(list: <T>(path: string) => Promise<T[]>): Promise<Workload[]> {
  return concatSettled(
    SYSTEM_NAMESPACES.map((name) => `/apis/apps/v1/namespaces/${name}`).flatMap((path) => [
      list<V1DaemonSet>(`${path}/daemonsets`).then((sets) => sets.map(ofDaemonSet)),
      list<V1Deployment>(`${path}/deployments`).then((deployments) => deployments.map(ofDeployment)),
    ]),
  );
}

function ofDaemonSet({ metadata, status }: V1DaemonSet): Workload {
  return {
    kind: 'DaemonSet',
    path: `${metadata?.namespace}/${metadata?.name}`,
    name: metadata?.name ?? '',
    desired: status?.desiredNumberScheduled ?? 0,
    available: status?.numberAvailable ?? 0,
  };
}

function ofDeployment({ metadata, spec, status }: V1Deployment): Workload {
  return {
    kind: 'Deployment',
    path: `${metadata?.namespace}/${metadata?.name}`,
    name: metadata?.name ?? '',
    desired: spec?.replicas ?? 1,
    available: status?.availableReplicas ?? 0,
  };
}
