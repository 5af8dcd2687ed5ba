import type { V1ObjectMeta, V1Pod } from '@kubernetes/client-node';

/** A pod on the node, in namespace `shop`. */
export function pod(name: string, metadata: V1ObjectMeta = {}, rest: Omit<V1Pod, 'metadata'> = {}): V1Pod {
  return { metadata: { name, namespace: 'shop', uid: name, ...metadata }, spec: { containers: [] }, ...rest };
}

export function owner(kind: string, name: string) {
  return { ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: name, controller: true }] };
}

const emptyDir = (status?: V1Pod['status']): Omit<V1Pod, 'metadata'> => ({
  spec: { containers: [], volumes: [{ name: 'cache', emptyDir: {} }] },
  status,
});

/** The kinds of pods that kubectl drain tells apart. Source: k8s.io/kubectl/pkg/drain/filters.go. */
export const KINDS = {
  replicated: pod('replicated', owner('ReplicaSet', 'web-5d4')),
  stateful: pod('stateful', owner('StatefulSet', 'db')),
  job: pod('job', owner('Job', 'import')),
  custom: pod('custom', owner('GameServer', 'arena')),
  daemonSet: pod('daemon', owner('DaemonSet', 'proxy')),
  orphan: pod('orphan', owner('DaemonSet', 'gone')),
  mirror: pod('mirror', { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
  mirrorOfNode: pod('static', { annotations: { 'kubernetes.io/config.mirror': 'x' }, ...owner('Node', 'n1') }),
  unmanaged: pod('unmanaged'),
  ownedButNotControlled: pod('owned', {
    ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'c' }],
  }),
  emptyDir: pod('cache', owner('ReplicaSet', 'web-5d4'), emptyDir()),
  unmanagedEmptyDir: pod('scratch', {}, emptyDir()),
  succeeded: pod('succeeded', {}, emptyDir({ phase: 'Succeeded' })),
  failed: pod('failed', {}, emptyDir({ phase: 'Failed' })),
  finishedDaemonSet: pod('finished', owner('DaemonSet', 'proxy'), { status: { phase: 'Failed' } }),
  terminating: pod('terminating', { deletionTimestamp: new Date(0) }, emptyDir()),
  terminatingDaemonSet: pod('leaving', { deletionTimestamp: new Date(0), ...owner('DaemonSet', 'proxy') }),
  upgrade: pod('upgrade', { namespace: 'kube-upgrade' }),
} as const;

export type Kind = keyof typeof KINDS;
