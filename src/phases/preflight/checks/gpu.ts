import { compareClusterVersions } from '../../../compat/cluster-version.ts';
import { GPU_MODELS, gpuModel } from '../../../compat/gpus.ts';
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
