import type { V1Node, V1Toleration } from '@kubernetes/client-node';
import { isLinuxMachine } from './nodes.ts';

/** A controller whose node loses the cluster for so many seconds is replaced by one elsewhere. */
const OFFLINE_S = 30;
const LEAVES_OFFLINE: V1Toleration[] = ['unreachable', 'not-ready'].map((state) => ({
  key: `node.kubernetes.io/${state}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: OFFLINE_S,
}));
/** Of the taints that the control plane sets, the one that tells nothing about the node's health. */
const CORDONED = 'node.kubernetes.io/unschedulable';
/** Set for what a node lacks: `node.kubernetes.io/unreachable`, `node.cloudprovider.kubernetes.io/shutdown`. */
const SET_FOR_HEALTH = /^node\.(cloudprovider\.)?kubernetes\.io\//;

/**
 * The taints of machines on which a controller can run, since a cluster may have no node without one. Not every taint:
 * a pod that tolerates `node.kubernetes.io/unreachable:NoSchedule` is scheduled to a node that is off, which has the
 * most room, and waits there.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */
export function controllerTolerations(nodes: readonly V1Node[]): V1Toleration[] {
  const taints = nodes.filter(isLinuxMachine).flatMap(({ spec }) => spec?.taints ?? []);
  const keys = taints.filter(({ effect }) => effect === 'NoSchedule').map(({ key }) => key);
  const chosen = new Set([CORDONED, ...keys.filter((key) => !SET_FOR_HEALTH.test(key)).sort()]);
  return [...LEAVES_OFFLINE, ...[...chosen].map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' }))];
}
