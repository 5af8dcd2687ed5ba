import type { Bundle } from '../../artifacts/bundle.ts';
import { importImages, installContainerd } from '../../artifacts/install.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { cniPluginFolders } from '../../kubernetes/cri/cni-folders.ts';
import { waitForContainerd } from '../../kubernetes/cri/containerd-answers.ts';
import {
  type ContainerdNeeds,
  fitContainerdConfig,
  fitImportedConfig,
  keepsComments,
} from '../../kubernetes/cri/containerd-config.ts';
import { importedFiles } from '../../kubernetes/cri/containerd-imports.ts';
import { nvidiaRuntime } from '../../kubernetes/cri/nvidia-runtime.ts';
import { readTemplate } from '../../templates/index.ts';
import { fillTemplate } from '../../templates/text.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import type { JoinContext } from './context.ts';

export const installRuntime: Phase<JoinContext> = {
  name: 'install-runtime',
  title: 'Set up the container runtime',
  when: isContainerd,
  // It is asked there for its cgroup driver. Images and programs of a bundle take equally long, and different processors.
  neededBy: 'join-node/kubelet-config',
  phases: [
    {
      name: 'containerd',
      title: 'Install containerd',
      when: ({ spec }) => spec.manageRuntime || 'manageRuntime is off',
      run: installFromBundle,
    },
    { name: 'config', title: 'Configure containerd', run: configure },
    {
      name: 'images',
      title: 'Import images',
      when: ({ spec }) => spec.bundle !== undefined || 'no bundle',
      run: images,
    },
  ],
};

/** True, or why the runtime is none that is configured here. */
function isContainerd({ spec }: JoinContext): true | string {
  if (spec.runtime === 'docker') return 'docker is set up by its own package';
  return !spec.criSocket || spec.criSocket.includes('containerd') || `${spec.criSocket} is not containerd's`;
}

/** True if an earlier join installed the containerd that is there. */
function isOurs({ node }: JoinContext): boolean {
  return node.journal.owns(PATHS.containerd.unitFile);
}

async function installFromBundle(context: JoinContext & PhaseTools): Promise<void> {
  const { host, node, log } = context;
  const bundle = await node.bundle();
  const carries = bundle?.manifest.files.some((file) => file.kind === 'containerd') ?? false;
  const { exists } = await host.unit(PATHS.containerd.unit);
  if (!bundle || !carries) {
    if (exists || !host.runsPrograms) return;
    throw new EdgeadmError({
      code: 'RUNTIME_FAILED',
      what: 'the node has no container runtime, and there is none to install',
      why: `manageRuntime is on, ${PATHS.containerd.unit} does not exist, and no bundle with containerd was given`,
      next: 'pass a bundle with containerd, or install containerd',
    });
  }
  const ours = isOurs(context);
  if (exists && !ours) {
    log.info('containerd is already installed and is kept.');
    return;
  }
  await installContainerdUnit(bundle, host);
}

/** Installs the containerd of a bundle with a unit of edgeadm's own, which is not started yet. */
export async function installContainerdUnit(bundle: Bundle, host: Host): Promise<void> {
  const { data, runtimeState, resourceInterface, plugins } = PATHS.containerd;
  await host.claim(data, runtimeState, resourceInterface, plugins);
  await installContainerd(bundle, host);
  const text = fillTemplate('containerd/containerd.service', { containerd: PATHS.containerd.program });
  await host.write(PATHS.containerd.unitFile, text, { mode: 0o644 });
  await host.enableUnit(PATHS.containerd.unit);
}

interface WantedConfig {
  readonly existing?: string;
  /** The text that containerd's configuration is to have; undefined if it is right already. */
  readonly wanted?: string;
  /** Files that the configuration imports, and that would take away from it what the join needs. */
  readonly imports: readonly { readonly path: string; readonly text: string }[];
}

async function wantedConfig(host: Host, needs: ContainerdNeeds): Promise<WantedConfig> {
  const existing = await host.read(PATHS.containerd.configuration);
  const base = existing ?? readTemplate('containerd/config.toml');
  const fitted = fitContainerdConfig(base, needs);
  const imported = await Promise.all(
    (await importedFiles(host, base)).map(async (path) => ({ path, text: (await host.read(path)) ?? '' })),
  );
  const imports = imported.flatMap(({ path, text }) => {
    const changed = fitImportedConfig(text, needs, path);
    return changed === undefined ? [] : [{ path, text: changed }];
  });
  return { existing, wanted: fitted ?? (existing === undefined ? base : undefined), imports };
}

async function needsOf({ spec, host, node }: JoinContext): Promise<ContainerdNeeds> {
  const manifest = (await node.bundle())?.manifest;
  const carries = manifest?.files.some(({ kind }) => kind === 'cni-plugins') ?? false;
  const finds = !carries || (await cniPluginFolders(host)).includes(PATHS.cni.plugins);
  const cniPlugins = finds ? undefined : PATHS.cni.plugins;
  const gpus = spec.gpuVersion !== '' && { nvidiaRuntime: await nvidiaRuntime(host) };
  return { sandboxImage: spec.pauseImage ?? manifest?.pauseImage, root: spec.runtimeRootDir, cniPlugins, ...gpus };
}

/** Asks the runtime what {@link configure} has to know, while the phases before it run: it answers as slowly. */
export function askRuntimeAhead(context: JoinContext & PhaseTools): void {
  if (!context.wet || isContainerd(context) !== true) return;
  context.seen.runtimeNeeds = needsOf(context);
  // It fails where it is needed.
  context.seen.runtimeNeeds.catch(() => {});
}

/** True if a containerd that is not ours would be changed and restarted. */
export async function willChangeRuntime(context: JoinContext): Promise<boolean> {
  const { host } = context;
  if (!(await host.unit(PATHS.containerd.unit)).exists || isOurs(context)) return false;
  const { wanted, imports } = await wantedConfig(host, await needsOf(context));
  return wanted !== undefined || imports.length > 0;
}

async function configure(context: JoinContext & PhaseTools): Promise<void> {
  const { host, spec, log } = context;
  if (spec.runtimeRootDir) await host.claim(spec.runtimeRootDir);
  const needs = await (context.seen.runtimeNeeds ?? needsOf(context));
  for (const { path, keepsComments } of await configureContainerd(context, needs)) {
    log.info(`${path} was changed for the join; a copy is kept for reset.`);
    if (!keepsComments)
      log.warning(`${path} had to be rewritten without its comments; the copy has them, and reset restores it.`);
  }
}

/** Asked when the node is Ready: the program that tells takes a processor from the kubelet that starts. */
export async function warnOfOtherConfiguration(context: JoinContext & PhaseTools): Promise<void> {
  if (isContainerd(context) !== true || (await isInForce(context.host, await needsOf(context)))) return;
  context.log.warning(
    'containerd does not use what the join configured: compare `containerd config dump` with the files it imports.',
  );
}

/** containerd itself says what it makes of all its files; one that cannot be asked is taken at its files' word. */
async function isInForce(host: Host, needs: ContainerdNeeds): Promise<boolean> {
  if (!host.runsPrograms || !host.wet) return true;
  const { exitCode, stdout } = await host.query('containerd', ['config', 'dump']);
  if (exitCode !== 0 || stdout.trim() === '') return true;
  try {
    return fitContainerdConfig(stdout, needs) === undefined;
  } catch {
    return true;
  }
}

/**
 * Gives containerd what a kubelet needs of it, and (re)starts it where that changes something.
 * @returns the files that were there and were changed
 * @throws EdgeadmError RUNTIME_FAILED if it does not answer afterwards
 */
export async function configureContainerd(
  { host, waitFor }: Pick<JoinContext & PhaseTools, 'host' | 'waitFor'>,
  needs: ContainerdNeeds,
): Promise<{ readonly path: string; readonly keepsComments: boolean }[]> {
  const { existing, wanted, imports } = await wantedConfig(host, needs);
  const own = wanted === undefined ? [] : [{ path: PATHS.containerd.configuration, text: wanted }];
  const changed = [];
  for (const { path, text } of [...(existing === undefined ? [] : own), ...imports])
    changed.push({ path, keepsComments: keepsComments((await host.read(path)) ?? '', text) });
  for (const { path, text } of [...own, ...imports])
    await host.write(path, text, { mode: (await host.stat(path))?.mode ?? 0o644 });
  const state = await host.unit(PATHS.containerd.unit);
  const files = [
    PATHS.containerd.configuration,
    ...imports.map(({ path }) => path),
    PATHS.containerd.unitFile,
    PATHS.containerd.program,
  ];
  const restarted = await host.applyUnit(PATHS.containerd.unit, files, state);
  // As it is in containerd's own unit and in Debian's, the restart has waited for it.
  const isReady = state.notifies && !state.outdated;
  if (restarted && host.runsPrograms && !isReady) await waitForContainerd(host, waitFor);
  return changed;
}

async function images({ host, node, log, signal }: JoinContext & PhaseTools): Promise<void> {
  const bundle = await node.bundle();
  const alone = !(await host.unit(PATHS.kubelet.unit)).active;
  if (bundle) await importImages(bundle, host, { log, signal, alone });
}
