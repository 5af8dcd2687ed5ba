import { isDeepStrictEqual } from 'node:util';
import { importImages, installCniPlugins, installKubectl, installKubeletProgram } from '../../../artifacts/install.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { splitCommandLine, windowsCommandLine } from '../../../host/windows/quote.ts';
import { migrateKubelet } from '../../../kubernetes/kubelet/migrations.ts';
import { kubeletSettings } from '../../../kubernetes/kubelet/settings.ts';
import { allSettled } from '../../../lib/all-settled.ts';
import { toYaml } from '../../../templates/yaml.ts';
import type { Phase, PhaseTools } from '../../../workflow/phase.ts';
import type { UpgradeContext } from '../context.ts';
import { needsPlainLists } from '../edge-hub.ts';
import { requireInstalled } from '../install.ts';

type Context = UpgradeContext & PhaseTools;

export const windowsInstall: Phase<UpgradeContext> = {
  name: 'install',
  title: 'Install the new version',
  phases: [
    {
      name: 'images',
      title: 'Import images',
      when: ({ bundle }) => bundle !== undefined || 'no bundle',
      run: async ({ host, bundle, log, signal }) => {
        if (bundle) await importImages(bundle, host, { log, signal });
      },
    },
    { name: 'kubelet', title: 'Install the kubelet', run: kubelet },
    { name: 'configuration', title: 'Adapt flags and configuration', run: configuration },
  ],
};

async function kubelet({ host, bundle, versions, wet, signal }: Context): Promise<void> {
  if (bundle) {
    const work = [installKubeletProgram(bundle, host), installKubectl(bundle, host), installCniPlugins(bundle, host)];
    await allSettled(work, signal);
  }
  if (wet) await requireInstalled(host, versions.to);
}

/** The flags are in the definition of the service. */
async function configuration({ host, versions, hubAfter, log }: Context): Promise<void> {
  const definition = await host.object('service', 'kubelet');
  if (definition === undefined) return;
  const service = JSON.parse(definition) as { readonly command: string };
  const [program = '', ...flags] = splitCommandLine(service.command);
  const before = { flags, configuration: (await kubeletSettings(host)).configuration };
  const plainLists = needsPlainLists({ hubAfter }, versions.to);
  const after = migrateKubelet(before, { ...versions, cgroupVersion: 2, plainLists });
  for (const change of after.changes) log.info(`${change}.`);
  const command = windowsCommandLine([program, ...after.flags]);
  if (!isDeepStrictEqual(after.flags, flags))
    await host.define('service', 'kubelet', JSON.stringify({ ...service, command }));
  if (isDeepStrictEqual(after.configuration, before.configuration)) return;
  await host.write(PATHS.kubelet.configuration, toYaml(after.configuration), { mode: 0o644 });
}
