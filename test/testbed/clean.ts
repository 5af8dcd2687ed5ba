import { cgroupName, listCgroups, removeCgroup } from './cgroups.ts';
import { stateDir } from './config.ts';
import { unmountAndDelete } from './mounts.ts';
import { removeNetwork } from './network.ts';
import { restoreSysctls } from './sysctls.ts';

/**
 * Removes everything the test bed has on this machine beside its cache, also what a killed run left: processes,
 * cgroups, mounts, loop devices, network namespaces, the bridge, sysctls.
 */
export async function clean(): Promise<void> {
  const all = await listCgroups();
  // nodes first: an API server that goes away makes them busy
  const nodes = all.filter((name) => name.startsWith(`${cgroupName('node')}-`));
  await Promise.all(nodes.map(removeCgroup));
  await Promise.all(all.filter((name) => !nodes.includes(name)).map(removeCgroup));
  await removeNetwork();
  await restoreSysctls();
  await unmountAndDelete(stateDir);
}
