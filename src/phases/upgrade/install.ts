import { isDeepStrictEqual } from 'node:util';
import {
  importImages,
  installCniPlugins,
  installContainerd,
  installKubectl,
  installKubeletProgram,
} from '../../artifacts/install.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { migrateKubelet } from '../../kubernetes/kubelet/migrations.ts';
import { findKubelet, kubeletVersionOf } from '../../kubernetes/kubelet/program.ts';
import { FLAG_FILES, flagsIn, kubeletSettings, withFlags } from '../../kubernetes/kubelet/settings.ts';
import { allSettled } from '../../lib/all-settled.ts';
import { toYaml } from '../../templates/yaml.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { writeKubeletUnit } from '../join/install-kubelet.ts';
import type { UpgradeContext } from './context.ts';
import { installEdgeHub, needsPlainLists } from './edge-hub.ts';
import { sameVersion } from './versions.ts';

type Context = UpgradeContext & PhaseTools;

/** Only root may write them; a kubelet's own files are readable by all. */
const DEFAULT_MODE = 0o644;

export const install: Phase<UpgradeContext> = {
  name: 'install',
  title: 'Install the new version',
  phases: [
    { name: 'images', title: 'Import images', when: hasBundle, run: images, neededBy: untilContainerd },
    { name: 'kubelet', title: 'Install the kubelet', run: kubelet },
    { name: 'containerd', title: 'Install containerd', when: hasBundle, run: containerd },
    { name: 'configuration', title: 'Adapt flags and configuration', run: configuration },
    {
      name: 'edge-hub',
      title: 'Update the edge-hub',
      when: ({ namesHub }) => namesHub || 'no edge-hub, or no other version of it',
      run: installEdgeHub,
    },
  ],
};

/**
 * The `ctr` of a new containerd does not import into the old one that still runs. Images that a power cut has damaged are
 * imported with the kubelet stopped, which then starts again: as it is, not half replaced.
 */
async function untilContainerd({ host }: UpgradeContext): Promise<string | undefined> {
  return (await host.imagesInDoubt()).length > 0 ? undefined : 'install/containerd';
}

function hasBundle({ bundle }: UpgradeContext): boolean | string {
  return bundle !== undefined || 'no bundle';
}

async function images({ host, bundle, log, signal }: Context): Promise<void> {
  if (bundle) await importImages(bundle, host, { log, signal });
}

async function containerd({ host, bundle, journal, log }: Context): Promise<void> {
  if (!bundle?.manifest.files.some(({ kind }) => kind === 'containerd'))
    return log.debug('the bundle contains no containerd');
  if (journal.wrote(PATHS.containerd.unitFile)) await installContainerd(bundle, host);
  else log.info('The containerd of this node was not installed by edgeadm and is kept.');
}

async function kubelet({ host, bundle, versions, wet, interrupted }: Context): Promise<void> {
  if (bundle) {
    const work = [installKubeletProgram(bundle, host), installKubectl(bundle, host), installCniPlugins(bundle, host)];
    await allSettled(work, interrupted);
  }
  const path = await findKubelet(host);
  const { exists } = await host.unit(PATHS.kubelet.unit);
  if (await writeKubeletUnit(host, path, exists)) await host.reloadUnits();
  if (wet) await requireInstalled(host, versions.to);
}

/** @throws EdgeadmError BUNDLE_INVALID if the kubelet on the node is not of that version */
export async function requireInstalled(host: Host, version: string): Promise<void> {
  const path = await findKubelet(host);
  const found = await kubeletVersionOf(host, path);
  if (found !== undefined && sameVersion(found, version)) return;
  throw new EdgeadmError({
    code: 'BUNDLE_INVALID',
    what: `the installed kubelet is not ${version}`,
    why: `${path} --version: ${found ?? 'it does not start'}`,
  });
}

async function configuration(context: Context): Promise<void> {
  const { host, versions, log } = context;
  const cgroupVersion = (await host.stat('/sys/fs/cgroup/cgroup.controllers')) ? 2 : 1;
  const before = await kubeletSettings(host);
  const options = { ...versions, cgroupVersion, plainLists: needsPlainLists(context, versions.to) } as const;
  const after = migrateKubelet(before, options);
  for (const change of after.changes) log.info(`${change}.`);
  for (const { path, variable } of FLAG_FILES) {
    const text = await host.read(path);
    const flags = flagsIn(text ?? '', variable);
    const left = migrateKubelet({ flags, configuration: {} }, options).flags;
    if (text === undefined || isDeepStrictEqual(left, flags)) continue;
    await host.write(path, withFlags(text, variable, left), { mode: (await host.stat(path))?.mode ?? DEFAULT_MODE });
  }
  if (isDeepStrictEqual(after.configuration, before.configuration)) return;
  await host.write(PATHS.kubelet.configuration, toYaml(after.configuration), { mode: DEFAULT_MODE });
}
