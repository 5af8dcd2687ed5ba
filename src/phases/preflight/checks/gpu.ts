import { compareClusterVersions } from '../../../compat/cluster-version.ts';
import { GPU_MODELS, gpuModel } from '../../../compat/gpus.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { nvidiaRuntime } from '../../../kubernetes/cri/nvidia-runtime.ts';
import { type Check, fail, pass, skip } from '../check.ts';

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
    'For a GPU node, the NVIDIA Container Toolkit is installed, and containerd has the runtime `nvidia`, or the join may configure it (`--manage-runtime`, a bundle with containerd).',
  remedy: 'Install the NVIDIA Container Toolkit: https://docs.nvidia.com/datacenter/cloud-native/container-toolkit',
  run: async ({ host, node, spec }) => {
    if (spec.gpuVersion === '') return skip('no GPU was requested');
    if (!host.runsPrograms) return skip('a scratch root has no programs');
    const program = await nvidiaRuntime(host);
    if (program === undefined) return fail('nvidia-container-runtime is not on the node');
    const brings = (await node.bundle())?.manifest.files.some(({ kind }) => kind === 'containerd') ?? false;
    if (spec.manageRuntime || brings) return pass(`${program}; the join configures containerd`);
    const configuration = await host.read(PATHS.containerd.configuration);
    if (/\bruntimes\.["']?nvidia["']?\]/.test(configuration ?? '')) return pass(program);
    return fail(`${PATHS.containerd.configuration} does not have the runtime nvidia`, {
      remedy:
        'Pass `--manage-runtime`, or: `nvidia-ctk runtime configure --runtime=containerd; systemctl restart containerd`.',
    });
  },
};
