import { type Check, fail, pass } from '../check.ts';
import { kubeletMinor } from '../kubelet-minor.ts';

const FOLDER = '/sys/kernel/mm/hugepages';
/** Source: KEP-1539, whose feature gate HugePageStorageMediumSize is on from 1.19. */
const FIRST_WITH_SEVERAL = 19;

export const hugePages: Check = {
  name: 'HugePages',
  concerns: 'node',
  severity: 'error',
  about: `Huge pages of at most one size are allocated, unless kubelet and cluster are 1.${FIRST_WITH_SEVERAL} or newer: before, the API server refuses a Node with several.`,
  remedy: 'Keep one size: take the other `hugepagesz=` and its `hugepages=` off the kernel command line, and reboot.',
  run: async (context) => {
    const { host } = context;
    const sizes = (await host.list(FOLDER)).filter((name) => name.startsWith('hugepages-'));
    const counts = await Promise.all(sizes.map((name) => host.read(`${FOLDER}/${name}/nr_hugepages`)));
    const used = sizes.filter((_, i) => Number(counts[i] ?? 0) > 0);
    const minor = await kubeletMinor(context);
    if (used.length < 2 || minor === undefined || minor >= FIRST_WITH_SEVERAL) return pass();
    return fail(`huge pages of ${used.length} sizes are allocated: ${used.join(', ')}`);
  },
};
