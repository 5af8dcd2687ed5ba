import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { cniPluginFoldersIn } from './containerd-config.ts';

/**
 * The folders in which the containerd of a node looks for CNI plug-ins. Where its configuration does not name them,
 * containerd itself is asked: Debian's is built with /usr/lib/cni (`containerd config default` of 1.7.24~ds1-6+deb13u1).
 */
export async function cniPluginFolders(
  host: Pick<Host, 'read' | 'query' | 'runsPrograms'>,
): Promise<readonly string[]> {
  const own = cniPluginFoldersIn((await host.read(PATHS.containerd.configuration)) ?? '');
  if (own) return own;
  return (await foldersInForce(host)) ?? [PATHS.cni.plugins];
}

async function foldersInForce(
  host: Pick<Host, 'read' | 'query' | 'runsPrograms'>,
): Promise<readonly string[] | undefined> {
  if (!host.runsPrograms) return undefined;
  const { exitCode, stdout } = await host.query('containerd', ['config', 'dump']);
  if (exitCode !== 0) return undefined;
  try {
    return cniPluginFoldersIn(stdout);
  } catch {
    return undefined;
  }
}
