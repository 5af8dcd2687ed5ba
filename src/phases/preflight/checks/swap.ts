import { swapAreas } from '../../../lib/swap-areas.ts';
import { type Check, fail, pass, skip } from '../check.ts';

export const swap: Check = {
  name: 'Swap',
  concerns: 'node',
  severity: 'error',
  about:
    "No swap is active: the kubelet refuses to start with it unless the cluster's kubelet configuration says `failSwapOn: false`.",
  remedy: 'Run `swapoff -a`, and take the swap entries out of /etc/fstab.',
  run: async ({ host, cluster }) => {
    const text = await host.read('/proc/swaps');
    if (text === undefined) return skip('/proc/swaps does not exist here');
    const areas = swapAreas(text);
    if (areas.length === 0) return pass();
    const configuration = await cluster.kubeletConfiguration().catch(() => undefined);
    const found = `active: ${areas.join(', ')}`;
    return configuration?.failSwapOn === false ? pass(`${found}; the cluster says failSwapOn: false`) : fail(found);
  },
};
