import { posix } from 'node:path';
import { z } from 'zod';
import { lenientYaml } from '../lib/check-shape.ts';
import type { Host } from './host.ts';
import { kubernetesNames } from './kubernetes-names.ts';
import { PATHS } from './node-paths.ts';
import { readIfFile } from './read-if-file.ts';

const NETWORK = z.object({ name: z.string().min(1) });
/** The addresses that are taken in a network are in a folder of its name. */
const ADDRESSES = `${PATHS.cni.state}/networks`;
/** Files named `NETWORK-CONTAINER-INTERFACE`, now and in older versions of libcni. */
const ATTACHMENTS = [PATHS.cni.attachments, `${PATHS.cni.state}/results`];

/**
 * What CNI plug-ins keep for networks that are not the cluster's, such as nerdctl's and older podman's: without it
 * addresses would be given out twice. A network whose configuration a reset keeps is not the cluster's.
 * @param network the configuration that gave pods their network, if it has none of the usual names
 */
export async function stateOfOthersNetworks(host: Host, network?: string): Promise<string[]> {
  const ours = kubernetesNames(PATHS.cni.configurations);
  const files = (await host.list(PATHS.cni.configurations)).filter((file) => !ours.test(file) && file !== network);
  const texts = await Promise.all(files.map((file) => readIfFile(host, posix.join(PATHS.cni.configurations, file))));
  const names = texts.flatMap((text) => lenientYaml(text, NETWORK)?.name ?? []);
  if (names.length === 0) return [];
  const found: string[] = [];
  for (const name of await host.list(ADDRESSES))
    if (names.includes(name) && (await hasAddresses(host, name))) found.push(posix.join(ADDRESSES, name));
  for (const folder of ATTACHMENTS)
    for (const file of await host.list(folder))
      if (names.some((name) => file.startsWith(`${name}-`))) found.push(posix.join(folder, file));
  return found;
}

/** Pods may have used a network that was there before the join: once they are gone, two files of the plug-in are left. */
async function hasAddresses(host: Host, network: string): Promise<boolean> {
  const files = await host.list(posix.join(ADDRESSES, network));
  return files.some((file) => file !== 'lock' && !file.startsWith('last_reserved_ip.'));
}

/** Removes a folder and what is in it, but for some paths in it, which keep the folders above them. */
export async function removeAllBut(host: Host, path: string, kept: readonly string[]): Promise<void> {
  if (kept.includes(path)) return;
  if (!kept.some((each) => each.startsWith(`${path}/`))) return host.removeTree(path);
  // A symlink leads to a folder that is not the node's own.
  if ((await host.stat(path))?.type !== 'directory') return;
  for (const name of await host.list(path)) await removeAllBut(host, posix.join(path, name), kept);
}
