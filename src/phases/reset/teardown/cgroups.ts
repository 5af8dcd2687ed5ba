import type { Host } from '../../../host/host.ts';

const CGROUPS = '/sys/fs/cgroup';
const SLICE = 'kubepods.slice';

/**
 * Removes the cgroups in which the kubelet put its pods, once they are empty: the slice that systemd knows of, and the
 * same folder in every hierarchy of cgroup v1 that systemd does not manage (or in all, with the cgroupfs driver).
 */
export async function removeCgroups(host: Host): Promise<void> {
  if ((await host.unit(SLICE)).active) await host.stopUnit(SLICE);
  const search = [CGROUPS, '-mindepth', '1', '-maxdepth', '2', '-type', 'd'];
  const { stdout } = await host.query('find', [...search, '(', '-name', SLICE, '-o', '-name', 'kubepods', ')']);
  const folders = stdout.split('\n').filter(Boolean);
  if (folders.length > 0) await host.run('find', [...folders, '-depth', '-type', 'd', '-delete']);
}
