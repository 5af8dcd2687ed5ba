import type { Host } from '../../../host/host.ts';

export const KUBELET_UNIT = 'kubelet.service';

/** Stops the kubelet, one that fails and is about to be started again too. */
export async function stopKubelet(host: Host): Promise<void> {
  if ((await host.unit(KUBELET_UNIT)).exists) await host.stopUnit(KUBELET_UNIT);
}
