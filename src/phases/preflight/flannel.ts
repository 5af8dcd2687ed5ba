import type { JoinSpec } from '../../config/spec.ts';

/**
 * Why nothing of Flannel's is needed on the node: its VXLAN has no part in Terway Edge, whose pods have addresses of the
 * ENS network. A bootstrap token may not look which plug-in a cluster has; the list of allowed add-ons tells it.
 */
export function flannelIsOff({ allowedClusterAddons }: Pick<JoinSpec, 'allowedClusterAddons'>): string | undefined {
  if (allowedClusterAddons === undefined || allowedClusterAddons.includes('flannel')) return undefined;
  return 'flannel is not in allowedClusterAddons';
}
