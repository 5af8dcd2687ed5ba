import type { Host } from '../../host/host.ts';

/** Where packages and NVIDIA's operator put it. Source: NVIDIA/nvidia-container-toolkit, packaging and tools/container. */
const PROGRAMS = ['/usr/bin/nvidia-container-runtime', '/usr/local/nvidia/toolkit/nvidia-container-runtime'];

/** The label by which NVIDIA's charts find GPU nodes. Source: NVIDIA/k8s-device-plugin, deployments/helm, affinity. */
export const GPU_LABEL = 'nvidia.com/gpu.present';

/** The program that gives containers the GPUs of the node; undefined if it is not installed. */
export async function nvidiaRuntime(host: Pick<Host, 'stat'>): Promise<string | undefined> {
  for (const path of PROGRAMS) if (await host.stat(path)) return path;
  return undefined;
}
