import { posix } from 'node:path';
import type { Host } from '../../../host/host.ts';
import { clearFolder } from '../../../host/mount-table.ts';

export const KUBELET_DIRECTORY = '/var/lib/kubelet';
export const CNI_CONFIGURATION = '/etc/cni/net.d';
export const MANIFESTS = '/etc/kubernetes/manifests';
/** A node that has one of them was joined. */
export const KUBELET_KUBECONFIGS = ['/etc/kubernetes/bootstrap-kubelet.conf', '/etc/kubernetes/kubelet.conf'];

/** Folders that only the kubelet, edge-hub and tunnel agent of a node write. */
const STATE = [
  KUBELET_DIRECTORY,
  '/var/lib/edge-hub',
  '/var/lib/yurthub',
  '/var/lib/openyurt',
  '/var/lib/edge-tunnel-agent',
  '/var/lib/dockershim',
  '/var/lib/cni',
  '/var/log/pods',
  '/var/log/containers',
  '/run/flannel',
  '/run/kubernetes',
  MANIFESTS,
  '/etc/kubernetes/pki',
  '/etc/kubernetes/cache',
  '/etc/kubernetes/edge-hub',
];

/** Folders that others may use as well. */
const SHARED = ['/etc/kubernetes', CNI_CONFIGURATION, '/opt/cni/bin', '/usr/libexec/kubernetes'];

/** What the CNI plug-ins of a cluster put into {@link CNI_CONFIGURATION}; the first number orders the files. */
const CNI_FILE =
  /^\d+-(flannel|calico|canal|cilium|weave|kuberouter|kindnet|kubenet|multus|edgeadm)\b|^calico-kubeconfig$/;

/** Kubeconfigs as kubeadm calls them; the kubelet's own go last, since they are what says that a node was joined. */
const KUBECONFIGS = ['/etc/kubernetes/admin.conf', '/etc/kubernetes/super-admin.conf', ...KUBELET_KUBECONFIGS];

/**
 * Notes what is in every folder that Kubernetes is going to fill: to be called by a join before the kubelet first runs.
 * A reset puts them back to that.
 */
export async function claimState(host: Host): Promise<void> {
  // Made with the first pod, and nobody's own: it goes when it is empty.
  await host.makeDirectory('/run/netns', 0o755);
  for (const folder of [...SHARED, ...STATE]) {
    await host.makeDirectory(posix.dirname(folder), 0o755);
    await host.claim(folder);
  }
}

/**
 * Removes what Kubernetes left on a node of which no journal tells what was there before: what `kubeadm reset` removes,
 * and the configuration of the cluster's CNI plug-in. Volumes must be unmounted.
 * @throws EdgeadmError RESET_INCOMPLETE where something is still mounted in one of the folders
 */
export async function removeState(host: Host): Promise<void> {
  for (const folder of STATE) await clearFolder(host, folder);
  for (const file of await host.list(CNI_CONFIGURATION)) {
    if (CNI_FILE.test(file)) await host.remove(posix.join(CNI_CONFIGURATION, file));
  }
  for (const file of KUBECONFIGS) await host.remove(file);
  if ((await host.list('/etc/kubernetes')).length === 0) await host.remove('/etc/kubernetes');
}
