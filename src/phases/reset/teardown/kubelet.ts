import type { Host } from '../../../host/host.ts';
import { PATHS } from '../../../host/node-paths.ts';

/** Stops the kubelet, one that fails and is about to be started again too. */
export async function stopKubelet(host: Host): Promise<void> {
  if ((await host.unit(PATHS.kubelet.unit)).exists) await host.stopUnit(PATHS.kubelet.unit);
}
