import { posix } from 'node:path';
import { systemCode } from '../../../host/failures.ts';
import type { Host } from '../../../host/host.ts';
import { kubernetesNames } from '../../../host/kubernetes-names.ts';
import { clearFolder } from '../../../host/mount-table.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { removeHubService } from './kubelet.ts';

/** A node that has one of them was joined. */
export const KUBELET_KUBECONFIGS = [PATHS.kubelet.bootstrapKubeconfig, PATHS.kubelet.kubeconfig];

/** Folders that only the kubelet, edge-hub and tunnel agent of a node write. */
const STATE = [
  PATHS.kubelet.directory,
  PATHS.edgeHub.directory,
  PATHS.edgeHub.openYurtDirectory,
  PATHS.edgeHub.openYurtState,
  PATHS.edgeHub.tunnelAgent,
  PATHS.docker.dockershimState,
  PATHS.cni.state,
  PATHS.pods.logs,
  PATHS.pods.containerLogs,
  PATHS.flannel.runtimeState,
  PATHS.kubernetes.runtimeState,
  PATHS.kubernetes.cache,
  PATHS.edgeHub.legacyDirectory,
];

/** What is in them says that a node was joined, too: they go after all others. */
const STATE_THAT_TELLS = [PATHS.kubernetes.manifests, PATHS.kubernetes.pki];

/** Folders that others may use as well. */
const SHARED = [PATHS.kubernetes.directory, PATHS.cni.configurations, PATHS.cni.plugins, PATHS.kubernetes.plugins];

/** Kubeconfigs as kubeadm calls them; the kubelet's own go last, since they are what says that a node was joined. */
const KUBECONFIGS = [PATHS.kubernetes.adminKubeconfig, PATHS.kubernetes.superAdminKubeconfig, ...KUBELET_KUBECONFIGS];

/**
 * Notes what is in every folder that Kubernetes is going to fill: to be called by a join before the kubelet first runs.
 * A reset puts them back to that.
 */
export async function noteStateBeforeJoin(host: Host): Promise<void> {
  // Made with the first pod, and shared with other software: removed if it is empty.
  await host.makeDirectory(PATHS.pods.networkNamespaces, 0o755);
  // Those of the first list are parents of some in the others: what they had is noted before they are made.
  for (const folders of [SHARED, [...STATE, ...STATE_THAT_TELLS]]) {
    const claimed: string[] = [];
    for (const folder of folders) if (await makeParent(host, folder)) claimed.push(folder);
    await host.claim(...claimed);
  }
}

/** @returns false on a read-only file system, on which other software cannot make the folder either */
async function makeParent(host: Host, folder: string): Promise<boolean> {
  try {
    await host.makeDirectory(posix.dirname(folder), 0o755);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EROFS') return false;
    throw error;
  }
}

/**
 * Removes what Kubernetes left on a node of which no journal tells what was there before: what `kubeadm reset` removes,
 * and the configuration of the cluster's CNI plug-in. Volumes must be unmounted.
 * @returns the paths that were left, since they may belong to other software
 * @throws EdgeadmError RESET_INCOMPLETE if something is still mounted in one of the folders
 */
export async function removeState(host: Host): Promise<string[]> {
  const left: string[] = [];
  for (const folder of STATE) left.push(...(await clearFolder(host, folder)));
  const ours = kubernetesNames(PATHS.cni.configurations);
  for (const file of await host.list(PATHS.cni.configurations)) {
    if (ours.test(file)) await host.removeTree(posix.join(PATHS.cni.configurations, file));
  }
  await removeHubService(host);
  for (const folder of STATE_THAT_TELLS) left.push(...(await clearFolder(host, folder)));
  for (const file of KUBECONFIGS) await host.remove(file);
  if ((await host.list(PATHS.kubernetes.directory)).length === 0) await host.remove(PATHS.kubernetes.directory);
  return left;
}
