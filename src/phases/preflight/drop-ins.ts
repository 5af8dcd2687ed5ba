import { posix } from 'node:path';
import { PATHS } from '../../host/node-paths.ts';
import { wholeLines } from '../../host/unit-text.ts';
import type { ReadOnlyHost } from './read-only-host.ts';

const OWN = posix.basename(PATHS.kubelet.dropIn);
/** Without them a kubelet reads neither the configuration nor the flags that a join writes. */
const NEEDED = ['KUBELET_CONFIG_ARGS', 'KUBELET_KUBEADM_ARGS', 'KUBELET_KUBECONFIG_ARGS'];

/**
 * The drop-ins of the kubelet's service that systemd reads after the join's own, and that take effect away from it. One
 * sentence each. See systemd.unit(5): drop-ins are read in the order of their names, whatever folder they are in.
 */
export async function overridingDropIns(host: Pick<ReadOnlyHost, 'list' | 'read'>): Promise<string[]> {
  // Those of `service.d` are of every service.
  const folders = [PATHS.kubelet.unit, 'service'].flatMap((unit) =>
    PATHS.system.unitFolders.map((folder) => `${folder}/${unit}.d`),
  );
  const listings = await Promise.all(folders.map((folder) => host.list(folder)));
  const later = new Map<string, string>();
  listings.forEach((names, i) => {
    for (const name of names)
      if (name.endsWith('.conf') && name > OWN && !later.has(name)) later.set(name, posix.join(folders[i] ?? '', name));
  });
  const paths = [...later].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  const texts = await Promise.all(
    paths.map(async (path) => ({ path, text: wholeLines((await host.read(path)) ?? '') })),
  );
  return texts.flatMap(({ path, text }) => {
    const command = [...text.matchAll(/^\s*ExecStart=(.+)$/gm)].at(-1)?.[1];
    const lost =
      command === undefined ? [] : NEEDED.filter((name) => !command.includes(name) && !hasFileOf(name, command));
    const set = NEEDED.filter((name) => new RegExp(`^\\s*Environment=.*\\b${name}=`, 'm').test(text));
    const found = [
      ...(lost.length > 0 ? [`starts the kubelet without ${lost.map((name) => `$${name}`).join(', ')}`] : []),
      ...set.map((name) => `sets ${name}`),
    ];
    if (found.length === 0) return [];
    return [
      `${path} ${found.join(' and ')}, after ${PATHS.kubelet.dropIn}: what the join wrote is not used. Remove the line from that file.`,
    ];
  });
}

/** A command may name the files of the join itself. */
function hasFileOf(variable: string, command: string): boolean {
  const files: Readonly<Record<string, string>> = {
    KUBELET_CONFIG_ARGS: PATHS.kubelet.configuration,
    KUBELET_KUBECONFIG_ARGS: PATHS.kubelet.kubeconfig,
  };
  const file = files[variable];
  return file !== undefined && new RegExp(`[\\s=]${file}(\\s|$)`).test(command);
}
