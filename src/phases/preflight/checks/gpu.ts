import { compareClusterVersions } from '../../../compat/cluster-version.ts';
import { GPU_MODELS, gpuModel } from '../../../compat/gpus.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { hasRuntime } from '../../../kubernetes/cri/containerd-config.ts';
import { importedFiles } from '../../../kubernetes/cri/containerd-imports.ts';
import { nvidiaRuntime } from '../../../kubernetes/cri/nvidia-runtime.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';

export const gpu: Check = {
  name: 'GPU',
  concerns: 'node',
  severity: 'error',
  about: 'The GPU model in `gpuVersion` is known, the cluster version supports it, and its driver is loaded.',
  remedy: 'Install the driver of the GPU and load it (`nvidia-smi` shows it), or leave `gpuVersion` empty.',
  run: async ({ host, cluster, spec }) => {
    if (spec.gpuVersion === '') return skip('no GPU was requested');
    const model = gpuModel(spec.gpuVersion);
    if (!model) {
      return fail(`${spec.gpuVersion} is not known; supported: ${GPU_MODELS.map(({ name }) => name).join(', ')}`, {
        remedy: 'Use a model of this list, or leave `gpuVersion` empty.',
      });
    }
    const version = await cluster.version().catch(() => undefined);
    if (version !== undefined && compareClusterVersions(version, model.from) < 0) {
      return fail(`${model.name} needs a cluster of ${model.from} or later, this one is ${version}`, {
        remedy: 'Upgrade the cluster, or leave `gpuVersion` empty.',
      });
    }
    if (!host.runsPrograms) return skip('a scratch root has no drivers');
    const driver = await host.read('/proc/driver/nvidia/version');
    const number = /Kernel Module.*?\s(\d+\.[\d.]+)\s/.exec(driver ?? '')?.[1];
    return driver === undefined ? fail('the NVIDIA driver is not loaded') : pass(`driver ${number ?? 'loaded'}`);
  },
};

export const gpuRuntime: Check = {
  name: 'GPURuntime',
  concerns: 'node',
  severity: 'error',
  about:
    'For a GPU node, the NVIDIA Container Toolkit is installed, and containerd has the runtime `nvidia`, in its configuration or in a file that it imports, or the join may configure it (`--manage-runtime`, a bundle with containerd).',
  remedy: 'Install the NVIDIA Container Toolkit: https://docs.nvidia.com/datacenter/cloud-native/container-toolkit',
  needs: ['Runtime'],
  run: async ({ host, node, spec }) => {
    if (spec.gpuVersion === '') return skip('no GPU was requested');
    if (!host.runsPrograms) return skip('a scratch root has no programs');
    const program = await nvidiaRuntime(host);
    if (program === undefined) return fail('nvidia-container-runtime is not on the node');
    const brings = (await node.bundle())?.manifest.files.some(({ kind }) => kind === 'containerd') ?? false;
    if (spec.manageRuntime || brings) return pass(`${program}; the join configures containerd`);
    const file = await fileWithRuntime(host);
    if (file !== undefined) return pass(`${program}; the runtime nvidia is in ${file}`);
    return fail(`neither ${PATHS.containerd.configuration} nor a file that it imports has the runtime nvidia`, {
      remedy:
        'Pass `--manage-runtime`, or: `nvidia-ctk runtime configure --runtime=containerd; systemctl restart containerd`.',
    });
  },
};

/** The toolkit writes the runtime into a file of its own since 1.18. Source: NVIDIA/nvidia-container-toolkit#1260. */
async function fileWithRuntime(host: CheckContext['host']): Promise<string | undefined> {
  const own = PATHS.containerd.configuration;
  for (const file of [own, ...(await importedFiles(host, (await host.read(own)) ?? ''))])
    if (hasRuntime((await host.read(file)) ?? '', 'nvidia', file)) return file;
  return undefined;
}
