import type { V1DaemonSet, V1Deployment } from '@kubernetes/client-node';

/** Where the parts of a cluster run; Flannel has a namespace of its own since 0.20. */
export const SYSTEM_NAMESPACES = ['kube-system', 'kube-flannel'] as const;

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
export async function readWorkloads(list: <T>(path: string) => Promise<T[]>): Promise<Workload[]> {
  const [sets, deployments] = await Promise.all(
    (['daemonsets', 'deployments'] as const).map(async (plural) => {
      const lists = SYSTEM_NAMESPACES.map((name) => list(`/apis/apps/v1/namespaces/${name}/${plural}`));
      return (await Promise.all(lists)).flat();
    }),
  );
  return [
    ...((sets ?? []) as V1DaemonSet[]).map(ofDaemonSet),
    ...((deployments ?? []) as V1Deployment[]).map(ofDeployment),
  ];
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
