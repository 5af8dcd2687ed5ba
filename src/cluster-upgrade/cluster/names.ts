import { UPGRADE_NAMESPACE } from '../../kubernetes/drain/pods.ts';

/** Everything of a cluster upgrade is in this namespace. Source: Alibaba Cloud's guide "Upgrade an edge cluster". */
export const NAMESPACE = UPGRADE_NAMESPACE;
/** The ConfigMap with the plan and its progress. */
export const PLAN = 'edgeadm-upgrade';
/** The Lease of the one controller. */
export const LEASE = 'edgeadm-upgrade-controller';
/** The Job of the controller, and its service account and roles. */
export const CONTROLLER = 'edgeadm-upgrade-controller';
/** On Jobs and pods that upgrade a node: its name. */
export const NODE_ANNOTATION = 'edgeadm.io/upgrade-node';
/** On Jobs of nodes: which try they are, so that one that was left behind is not taken for this one. */
export const TRY_ANNOTATION = 'edgeadm.io/upgrade-try';
/** `controller` or `node`. */
export const ROLE_LABEL = 'edgeadm.io/upgrade';

const namespaced = (group: string) => (plural: string, name?: string) =>
  `${group}/namespaces/${NAMESPACE}/${plural}${name === undefined ? '' : `/${name}`}`;

/** Paths of objects in the namespace: `core('pods', 'NAME')`. */
export const core = namespaced('/api/v1');
export const batch = namespaced('/apis/batch/v1');
export const leases = namespaced('/apis/coordination.k8s.io/v1');
