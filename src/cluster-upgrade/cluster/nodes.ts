import type { V1Node } from '@kubernetes/client-node';
import { poolLabelOf } from '../../kubernetes/api/node-pools.ts';
import { nodeNameOf, operatingSystemOf, reportedKubeletVersion } from '../../kubernetes/node/node.ts';
import { isVersion } from '../../kubernetes/version.ts';
import { sameVersion } from '../../phases/upgrade/versions.ts';

/** Which nodes an upgrade takes, and which not. */
export interface NodeChoice {
  readonly nodes: readonly V1Node[];
  /** Names of those whose kubelet is at the target already. */
  readonly there: readonly string[];
  /** Names of control-plane nodes, of those that do not run Linux and of virtual ones: they are upgraded in other ways. */
  readonly leftOut: readonly string[];
}

const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];
/** The container service's name for it; its other names are those of OpenYurt. */
const POOL_LABEL = 'alibabacloud.com/nodepool-id';

/** The workers of a cluster that are not at the target yet. */
export function chooseNodes(all: readonly V1Node[], target: string, nodepool?: string): NodeChoice {
  const inPool = all.filter((node) => nodepool === undefined || poolNameOf(node) === nodepool);
  const workers = inPool.filter(isLinuxWorker);
  const there = workers.filter((node) => sameVersion(kubeletOf(node), target));
  return {
    nodes: workers.filter((node) => !there.includes(node)),
    there: there.map(nodeNameOf),
    leftOut: inPool.filter((node) => !isLinuxWorker(node)).map(nodeNameOf),
  };
}

/** Name of its node pool; empty for none. */
export function poolNameOf(node: V1Node): string {
  return poolLabelOf(node) ?? node.metadata?.labels?.[POOL_LABEL] ?? '';
}

export function kubeletOf(node: V1Node): string {
  return reportedKubeletVersion(node) ?? 'v0.0.0';
}

function isLinuxWorker(node: V1Node): boolean {
  const { labels = {} } = node.metadata ?? {};
  return isLinuxMachine(node) && !CONTROL_PLANE.some((label) => label in labels);
}

/** False for what stands for other machines, such as a virtual kubelet: it reports its own version or a word. */
export function isLinuxMachine(node: V1Node): boolean {
  return (operatingSystemOf(node) ?? 'linux') === 'linux' && isVersion(kubeletOf(node));
}
