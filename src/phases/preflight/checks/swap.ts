import { swapAreas } from '../../../lib/swap-areas.ts';
import { type Check, fail, pass, skip } from '../check.ts';

export const swap: Check = {
  name: 'Swap',
  concerns: 'node',
  severity: 'error',
  about:
    "No swap is active: the kubelet does not start with swap unless the cluster's kubelet configuration has `failSwapOn: false`.",
  remedy: 'Run `swapoff -a`, and remove the swap entries from /etc/fstab.',
  run: async ({ host, cluster }) => {
    const text = await host.read('/proc/swaps');
    if (text === undefined) return skip('/proc/swaps does not exist');
    const areas = swapAreas(text);
    if (areas.length === 0) return pass();
    const configuration = await cluster.kubeletConfiguration().catch(() => undefined);
    const found = `active: ${areas.join(', ')}`;
    return configuration?.failSwapOn === false ? pass(`${found}; the cluster has failSwapOn: false`) : fail(found);
  },
};
