import { z } from 'zod';
import { PATHS } from '../../../host/node-paths.ts';
import { readIfFile } from '../../../host/read-if-file.ts';
import { damagedStates } from '../../../kubernetes/kubelet/damaged-states.ts';
import { lenientYaml } from '../../../lib/check-shape.ts';
import { type Check, fail, pass } from '../check.ts';

/** What a kubelet keeps of its policies, and the setting with its default. */
const CHECKPOINTS = [
  { file: `${PATHS.kubelet.directory}/cpu_manager_state`, setting: 'cpuManagerPolicy', usual: 'none' },
  { file: `${PATHS.kubelet.directory}/memory_manager_state`, setting: 'memoryManagerPolicy', usual: 'None' },
] as const;

/** Since 1.36 the data is a text within the file. */
const CHECKPOINT = z.object({ policyName: z.string().optional(), data: z.string().optional() });
const DATA = z.object({ policyName: z.string().optional() });

export const kubeletState: Check = {
  name: 'KubeletState',
  concerns: 'node',
  severity: 'error',
  about:
    "No earlier kubelet has left CPU or memory assignments that were made under another policy than the cluster's, or a damaged file of its state: the kubelet exits if it finds them.",
  remedy: 'Remove the file; the kubelet makes a new one.',
  needs: ['CAHash', 'Token', 'ClusterConfiguration'],
  run: async ({ host, cluster }) => {
    const configuration = (await cluster.kubeletConfiguration()) ?? {};
    const found = await Promise.all(
      CHECKPOINTS.map(async ({ file, setting, usual }) => {
        const kept = policyIn(await readIfFile(host, file));
        const wanted = String(configuration[setting] ?? usual);
        return kept === undefined || kept.toLowerCase() === wanted.toLowerCase()
          ? []
          : [`${file} was written with the policy ${kept}; the cluster has ${setting}: ${wanted}`];
      }),
    );
    const damaged = (await damagedStates(host)).map(({ path, why }) => `${path} is damaged: ${why}`);
    const all = [...damaged, ...found.flat()];
    return all.length === 0 ? pass() : fail(all.join('\n'));
  },
};

function policyIn(text: string | undefined): string | undefined {
  const checkpoint = lenientYaml(text, CHECKPOINT);
  return checkpoint?.policyName ?? lenientYaml(checkpoint?.data, DATA)?.policyName;
}
