import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';

/** The label by which NVIDIA's charts find GPU nodes. Source: NVIDIA/k8s-device-plugin, deployments/helm, affinity. */
export const GPU_LABEL = 'nvidia.com/gpu.present';

/** The program that gives containers the GPUs of the node; undefined if it is not installed. */
export async function nvidiaRuntime(host: Pick<Host, 'stat'>): Promise<string | undefined> {
  for (const path of PATHS.containerd.nvidiaRuntimes) if (await host.stat(path)) return path;
  return undefined;
}
