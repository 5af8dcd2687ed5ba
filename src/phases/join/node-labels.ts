import { hubServiceMark } from '../../edge-hub/service-mark.ts';
import { GPU_LABEL } from '../../kubernetes/cri/nvidia-runtime.ts';
import { POOL_LABELS } from '../../kubernetes/pool-labels.ts';
import type { JoinContext } from './context.ts';

/** Add-ons that run on regular edge nodes unless a label keeps them off. Source: user guide, allowedClusterAddons. */
export const CLUSTER_ADDONS = ['kube-proxy', 'flannel', 'coredns'];

/**
 * All labels of the node: those requested, the marks of an edge node and of its node pool, and one for each add-on
 * that may not run here (our own rule, see docs/join.md).
 */
export async function nodeLabels({ spec, node }: JoinContext): Promise<Record<string, string>> {
  const flavor = (await node.edgeHub())?.flavor;
  const marks: Record<string, string> = { 'alibabacloud.com/is-edge-worker': 'true' };
  if (flavor === 'openyurt') marks['openyurt.io/is-edge-worker'] = 'true';
  if (spec.gpuVersion !== '') marks[GPU_LABEL] = 'true';
  if (spec.nodePool) {
    for (const label of POOL_LABELS) marks[label] = spec.nodePool;
  }
  for (const addon of addonsKeptOff(spec)) marks[addonMark(addon)] = 'false';
  return { ...spec.labels, ...marks };
}

/** The add-ons that this join keeps off the node: those that a list of allowed ones leaves out; none without a list. */
export function addonsKeptOff({ allowedClusterAddons }: Pick<JoinContext['spec'], 'allowedClusterAddons'>): string[] {
  return allowedClusterAddons ? CLUSTER_ADDONS.filter((addon) => !allowedClusterAddons.includes(addon)) : [];
}

function addonMark(addon: string): string {
  return `alibabacloud.com/edge-enable-addon-${addon}`;
}

/** Marks of an earlier join that kept an add-on off which may run now. */
export function outdatedLabels({ spec }: JoinContext): string[] {
  return CLUSTER_ADDONS.filter((addon) => spec.allowedClusterAddons?.includes(addon)).map(addonMark);
}

/** Annotations requested, the mark of a hub that is a service, and the address Flannel is to use if an interface was named. */
export async function nodeAnnotations({ spec, node }: JoinContext): Promise<Record<string, string | null>> {
  const [address, hub] = await Promise.all([node.flannelAddress(), node.edgeHub()]);
  return {
    ...spec.annotations,
    ...hubServiceMark(hub),
    ...(address !== undefined && { 'flannel.alpha.coreos.com/public-ip-overwrite': address }),
  };
}
