import { PATHS } from '../../../host/node-paths.ts';
import { removalOf } from '../../../kubernetes/removals.ts';
import { windowsRelease } from '../../../kubernetes/windows/builds.ts';
import { type Check, type CheckResult, fail, pass } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { kubeletMinor } from '../kubelet-minor.ts';

export const windowsRuntime: Check = {
  name: 'Runtime',
  concerns: 'node',
  severity: 'error',
  about:
    'containerd is a service of the machine, or the bundle contains it and `--manage-runtime` is given. Docker is accepted before Kubernetes 1.24.',
  remedy: 'Install containerd as a service, or let edgeadm do it: `--manage-runtime --bundle BUNDLE`.',
  run: async (context) => {
    const { host, spec } = context;
    const unit = spec.runtime === 'docker' ? PATHS.docker.unit : PATHS.containerd.unit;
    const refusal = spec.runtime === 'docker' ? await refuseDocker(context) : undefined;
    if (refusal) return refusal;
    const { exists, detail, masked } = await host.unit(unit);
    if (masked) return fail(`the service ${unit.replace('.service', '')} is disabled: nothing can start it`);
    if (exists) return pass(`${unit.replace('.service', '')} is ${detail}`);
    if (spec.runtime === 'containerd' && spec.manageRuntime && (await carriesContainerd(context)))
      return pass('containerd comes from the bundle');
    return fail(`${spec.runtime} is not installed${spec.manageRuntime ? ', and no bundle contains it' : ''}`);
  },
};

async function refuseDocker(context: CheckContext): Promise<CheckResult | undefined> {
  const minor = await kubeletMinor(context);
  const removal = minor === undefined ? undefined : removalOf('runtime', 'dockershim', minor);
  if (!removal) return undefined;
  return fail(`kubelet 1.${minor} does not support docker; 1.${removal.goneIn - 1} was the last version that did`, {
    remedy: 'Set `runtime: containerd`.',
  });
}

async function carriesContainerd({ node }: CheckContext): Promise<boolean> {
  return (await node.bundle())?.manifest.files.some(({ kind }) => kind === 'containerd') ?? false;
}

export const pauseImage: Check = {
  name: 'PauseImage',
  concerns: 'node',
  severity: 'warning',
  about:
    'A pause image is named, by `--pause-image` or the bundle: that of the kubelet or of containerd may not be made for this build of Windows.',
  remedy: 'Name one that contains the build: `--pause-image IMAGE`.',
  needs: ['OSSupported'],
  run: async ({ host, node, spec }) => {
    const image = spec.pauseImage ?? (await node.bundle())?.manifest.pauseImage;
    if (image) return pass(image);
    const tag = windowsRelease((await host.facts()).os.version)?.imageTag ?? 'unknown';
    return fail(`none is named; it has to run on ${tag}`);
  },
};
