import { installCniPlugins, installKubectl, installKubeletProgram } from '../../artifacts/install.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { findKubelet } from '../../kubernetes/kubelet/program.ts';
import { allSettled } from '../../lib/all-settled.ts';
import { fillTemplate } from '../../templates/text.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { overridingDropIns } from '../preflight/drop-ins.ts';
import type { JoinContext } from './context.ts';

export const installKubelet: Phase<JoinContext> = {
  name: 'install-kubelet',
  title: 'Install the kubelet',
  phases: [
    {
      name: 'binaries',
      title: 'Install kubelet and CNI plug-ins',
      when: ({ spec }) => spec.bundle !== undefined || 'no bundle',
      run: installBinaries,
    },
    { name: 'service', title: 'Write the kubelet service', run: writeService },
  ],
};

async function installBinaries({ host, node, log, signal }: JoinContext & PhaseTools): Promise<void> {
  const bundle = await node.bundle();
  if (!bundle) return;
  const work = [installKubeletProgram(bundle, host), installKubectl(bundle, host), installCniPlugins(bundle, host)];
  await allSettled(work, signal);
  log.debug('kubelet, kubectl and CNI plug-ins are already installed');
}

async function writeService({ host, node, log }: JoinContext & PhaseTools): Promise<void> {
  const fromBundle = (await node.bundle())?.manifest.files.some((file) => file.kind === 'kubelet');
  const kubelet = fromBundle ? PATHS.kubelet.program : await findKubelet(host);
  const { exists, enabled, outdated } = await host.unit(PATHS.kubelet.unit);
  const changed = await writeKubeletUnit(host, kubelet);
  if (!enabled) await host.enableUnit(PATHS.kubelet.unit);
  // The start of the kubelet waits for it, and fails with it; certificates need not.
  if (outdated || (exists && changed)) host.reloadUnits().catch(() => {});
  for (const warning of await overridingDropIns(host)) log.warning(warning);
}

/** Writes unit (unless the node has one of its own) and drop-in. @returns true if something was changed */
export async function writeKubeletUnit(host: Host, kubelet: string): Promise<boolean> {
  const known = (await host.unit(PATHS.kubelet.unit)).exists;
  const ours = (await host.stat(PATHS.kubelet.unitFile)) !== undefined;
  const mode = 0o644;
  // In this order, systemd knows all of a new unit as soon as it knows it.
  const dropIn = await host.write(PATHS.kubelet.dropIn, fillTemplate('kubelet/10-kubeadm.conf', { kubelet }), { mode });
  const unit =
    (!known || ours) &&
    (await host.write(PATHS.kubelet.unitFile, fillTemplate('kubelet/kubelet.service', { kubelet }), { mode }));
  return unit || dropIn;
}
