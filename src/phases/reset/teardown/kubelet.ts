import { posix } from 'node:path';
import type { Host } from '../../../host/host.ts';
import { PATHS } from '../../../host/node-paths.ts';

/** Stops the kubelet, one that fails and is about to be started again too. */
export async function stopKubelet(host: Host): Promise<void> {
  await stopIfThere(host, PATHS.kubelet.unit);
}

/** Stops an edge-hub that runs as a service: it would make its network interface and its rules again. */
export async function stopHubService(host: Host): Promise<void> {
  await stopIfThere(host, PATHS.edgeHub.unit);
}

/** Removes an edge-hub service that another tool has set up; without its certificates it would fail for ever. */
export async function removeHubService(host: Host): Promise<void> {
  if (!(await host.stat(PATHS.edgeHub.unitFile))) return;
  await host.disableUnit(PATHS.edgeHub.unit);
  const folder = posix.dirname(PATHS.edgeHub.dropIn);
  for (const path of [PATHS.edgeHub.dropIn, PATHS.edgeHub.unitFile]) await host.remove(path);
  if ((await host.list(folder)).length === 0) await host.remove(folder);
  await host.reloadUnits();
}

async function stopIfThere(host: Host, unit: string): Promise<void> {
  if ((await host.unit(unit)).exists) await host.stopUnit(unit);
}
