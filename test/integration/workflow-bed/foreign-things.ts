import { cp, lstat, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { PATHS } from '../../../src/host/node-paths.ts';

/** Every folder that a reset clears. */
export const CLEARED: readonly string[] = [
  PATHS.kubelet.directory,
  PATHS.kubernetes.directory,
  PATHS.kubernetes.manifests,
  PATHS.kubernetes.pki,
  PATHS.kubernetes.cache,
  PATHS.kubernetes.plugins,
  PATHS.kubernetes.runtimeState,
  PATHS.cni.configurations,
  PATHS.cni.plugins,
  PATHS.cni.state,
  PATHS.pods.logs,
  PATHS.pods.containerLogs,
  PATHS.flannel.runtimeState,
  PATHS.edgeHub.directory,
  PATHS.edgeHub.openYurtDirectory,
  PATHS.edgeHub.openYurtState,
  PATHS.edgeHub.tunnelAgent,
  PATHS.docker.dockershimState,
];

/** CNI configurations of programs that share the folder with a cluster. */
const OTHERS_NETWORKS: Readonly<Record<string, string>> = {
  '87-podman-bridge.conflist': '{"cniVersion":"0.4.0","name":"podman","plugins":[{"type":"bridge"}]}',
  'nerdctl-bridge.conflist': '{"cniVersion":"1.0.0","name":"bridge","plugins":[{"type":"bridge"}]}',
  '100-crio-bridge.conf': '{"cniVersion":"0.3.1","name":"crio","type":"bridge"}',
  '50-shop-floor.conflist': '{"cniVersion":"0.4.0","name":"shop-floor","plugins":[{"type":"macvlan"}]}',
};

/** A thing of somebody else's on a machine. */
export interface ForeignThing {
  readonly folder: string;
  readonly kind: 'file' | 'tree' | 'link-in-folder' | 'folder-is-link' | 'network';
  /** Planted before the join, or while the node is joined. */
  readonly when: 'before' | 'joined';
}

/** Where data lies that links and mounts lead to; nothing in it may ever change. */
export const PRECIOUS = '/srv/precious';

/**
 * Puts a foreign thing into the root of a node.
 * @returns the paths that must be as they are after a reset
 */
export async function plant(root: string, { folder, kind, when }: ForeignThing, seed: number): Promise<string[]> {
  const put = async (path: string, text: string): Promise<string> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    return path;
  };
  const precious = `${PRECIOUS}/${seed}`;
  await put(`${precious}/passwd`, `root ${seed}`);
  await put(`${precious}/ssl/key.pem`, 'key');
  await mkdir(join(root, folder), { recursive: true });
  const here = join(root, folder, `foreign-${seed}`);
  if (kind === 'network') {
    const names = Object.keys(OTHERS_NETWORKS);
    const name = names[seed % names.length] ?? '';
    return [await put(`${PATHS.cni.configurations}/${name}`, OTHERS_NETWORKS[name] ?? '')];
  }
  if (kind === 'link-in-folder') {
    await symlink(relative(join(root, folder), join(root, precious)), here);
    return stays(folder, when) ? [`${folder}/foreign-${seed}`] : [];
  }
  if (kind === 'folder-is-link') {
    if ((await lstat(join(root, folder))).isSymbolicLink()) return [];
    // What is in the folder moves along, as an administrator does it who needs space.
    await cp(join(root, folder), join(root, precious), { recursive: true });
    await rm(join(root, folder), { recursive: true });
    await symlink(relative(dirname(join(root, folder)), join(root, precious)), join(root, folder));
    return when === 'before' ? [folder, `${precious}/passwd`, `${precious}/ssl/key.pem`] : [`${precious}/passwd`];
  }
  // While the node is joined, administrators fill only the folder of Kubernetes; the others are the kubelet's.
  if (!stays(folder, when)) return [];
  const path = `${folder}/foreign-${seed}${kind === 'tree' ? '/deep/down' : ''}`;
  return [await put(path, `mine ${seed}`)];
}

const stays = (folder: string, when: ForeignThing['when']): boolean =>
  when === 'before' || folder === PATHS.kubernetes.directory;
