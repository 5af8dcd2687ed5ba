import type { V1Pod } from '@kubernetes/client-node';
import { daemonSetOf } from './drain/pods.ts';

/** Where the parts of a cluster run; Flannel has a namespace of its own since 0.20. */
export const SYSTEM_NAMESPACES = ['kube-system', 'kube-flannel'] as const;

/**
 * True for a pod of an add-on (`kube-proxy`, `flannel`): one that a DaemonSet of the add-on's name controls in a
 * namespace of the system. `kube-flannel-ds` is Flannel's; `kube-proxy-exporter` is not kube-proxy's.
 */
export function isAddonPod(pod: V1Pod, addon: string): boolean {
  const daemonSet = daemonSetOf(pod);
  const isSystem = SYSTEM_NAMESPACES.some((namespace) => namespace === pod.metadata?.namespace);
  return isSystem && daemonSet !== undefined && bareName(daemonSet) === bareName(addon);
}

/** Without what projects put around the name of their DaemonSet. Source: Flannel's manifests, kube-flannel-ds(-amd64). */
function bareName(name: string): string {
  return name.replace(/^kube-/, '').replace(/-ds(-(amd64|arm64|arm))?$/, '');
}
