import { installKubelet as installBinary, installCniPlugins, installKubectl } from '../../artifacts/install.ts';
import type { Host } from '../../host/host.ts';
import { findKubelet, KUBELET_BINARY } from '../../kubernetes/kubelet/program.ts';
import { fillTemplate } from '../../templates/text.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import type { JoinContext } from './context.ts';

export const KUBELET_UNIT_FILE = '/etc/systemd/system/kubelet.service';
export const KUBELET_DROP_IN = '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf';

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

async function installBinaries({ host, node, log }: JoinContext & PhaseTools): Promise<void> {
  const bundle = await node.bundle();
  if (!bundle) return;
  await Promise.all([installBinary(bundle, host), installKubectl(bundle, host), installCniPlugins(bundle, host)]);
  log.debug('kubelet, kubectl and CNI plug-ins are in place');
}

async function writeService({ host, node }: JoinContext & PhaseTools): Promise<void> {
  const fromBundle = (await node.bundle())?.manifest.files.some((file) => file.kind === 'kubelet');
  const kubelet = fromBundle ? KUBELET_BINARY : await findKubelet(host);
  const changed = await writeKubeletUnit(host, kubelet);
  // Enabling reads unit files anew by itself, and on a small node that takes half a second.
  if (!(await host.unit('kubelet.service')).enabled) await host.enableUnit('kubelet.service');
  else if (changed) await host.reloadUnits();
}

/** Writes unit (unless the node has one of its own) and drop-in. @returns true where something was changed */
export async function writeKubeletUnit(host: Host, kubelet: string): Promise<boolean> {
  const known = (await host.unit('kubelet.service')).exists;
  const ours = (await host.stat(KUBELET_UNIT_FILE)) !== undefined;
  const mode = 0o644;
  const unit =
    (!known || ours) &&
    (await host.write(KUBELET_UNIT_FILE, fillTemplate('kubelet/kubelet.service', { kubelet }), { mode }));
  const dropIn = await host.write(KUBELET_DROP_IN, fillTemplate('kubelet/10-kubeadm.conf', { kubelet }), { mode });
  return unit || dropIn;
}
