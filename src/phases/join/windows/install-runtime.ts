import { posix } from 'node:path';
import { importImages, installContainerd } from '../../../artifacts/install.ts';
import { EdgeadmError } from '../../../errors/index.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { WINDOWS_PATHS } from '../../../host/windows/paths.ts';
import { windowsCommandLine } from '../../../host/windows/quote.ts';
import { waitForContainerd } from '../../../kubernetes/cri/containerd-answers.ts';
import { fillTemplate } from '../../../templates/text.ts';
import type { Phase, PhaseTools } from '../../../workflow/phase.ts';
import type { JoinContext } from '../context.ts';

const SERVICE = 'containerd';
/** For a bundle and a request that name none. It has images for every build of Windows since 1809. */
const PAUSE_IMAGE = 'registry.k8s.io/pause:3.10';

export const windowsInstallRuntime: Phase<JoinContext> = {
  name: 'install-runtime',
  title: 'Set up the container runtime',
  when: ({ spec }) => spec.runtime === 'containerd' || 'docker is set up by its own package',
  phases: [
    {
      name: 'containerd',
      title: 'Install containerd',
      when: ({ spec }) => spec.manageRuntime || 'manageRuntime is off',
      run: installFromBundle,
    },
    { name: 'config', title: 'Start containerd', run: start },
    {
      name: 'images',
      title: 'Import images',
      when: ({ spec }) => spec.bundle !== undefined || 'no bundle',
      run: async ({ host, node, log, signal }) => {
        const bundle = await node.bundle();
        if (bundle) await importImages(bundle, host, { log, signal });
      },
    },
  ],
};

async function installFromBundle(context: JoinContext & PhaseTools): Promise<void> {
  const { host, node, spec, log } = context;
  const bundle = await node.bundle();
  const { exists } = await host.unit(PATHS.containerd.unit);
  if (exists && !node.journal.made('service', SERVICE)) {
    log.info('containerd is already installed and is kept, with its configuration.');
    return;
  }
  if (!bundle?.manifest.files.some(({ kind }) => kind === 'containerd')) {
    if (exists) return;
    throw new EdgeadmError({
      code: 'RUNTIME_FAILED',
      what: 'the node has no container runtime, and there is none to install',
      why: 'manageRuntime is on, there is no service containerd, and no bundle with containerd was given',
      next: 'pass a bundle with containerd, or install containerd as a service',
    });
  }
  const { data, runtimeState } = WINDOWS_PATHS.containerd;
  for (const path of [spec.runtimeRootDir ?? data, runtimeState]) {
    // Who may read it is what containerd itself would set.
    await host.makeDirectory(posix.dirname(path), 0o700);
    await host.claim(path);
  }
  await installContainerd(bundle, host);
  await configure(context);
}

async function configure({ host, spec, node }: JoinContext): Promise<void> {
  const { configuration, program, data, runtimeState } = WINDOWS_PATHS.containerd;
  const slashes = (path: string): string => host.nativePath(path).replaceAll('\\', '/');
  const text = fillTemplate('windows/containerd.toml', {
    root: slashes(spec.runtimeRootDir ?? data),
    state: slashes(runtimeState),
    pauseImage: spec.pauseImage ?? (await node.bundle())?.manifest.pauseImage ?? PAUSE_IMAGE,
    cniPlugins: slashes(PATHS.cni.plugins),
    cniConfigurations: slashes(PATHS.cni.configurations),
  });
  await host.write(configuration, text, { mode: 0o644 });
  const words = [host.nativePath(program), '--run-service', '--config', host.nativePath(configuration)];
  await host.define(
    'service',
    SERVICE,
    JSON.stringify({
      command: windowsCommandLine(words),
      start: 'auto',
      needs: [],
      displayName: 'containerd',
      description: 'Container runtime',
    }),
  );
}

async function start({ host, waitFor }: JoinContext & PhaseTools): Promise<void> {
  const { configuration, program } = WINDOWS_PATHS.containerd;
  const started = await host.applyUnit(PATHS.containerd.unit, [configuration, program]);
  if (started) await waitForContainerd(host, waitFor);
}
