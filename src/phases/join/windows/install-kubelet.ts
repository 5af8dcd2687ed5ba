import { installCniPlugins, installKubectl, installKubeletProgram } from '../../../artifacts/install.ts';
import { allSettled } from '../../../lib/all-settled.ts';
import type { Phase, PhaseTools } from '../../../workflow/phase.ts';
import { VENDOR } from '../../vendor-messages.ts';
import type { JoinContext } from '../context.ts';

export const windowsInstallKubelet: Phase<JoinContext> = {
  name: 'install-kubelet',
  title: 'Install the kubelet',
  when: ({ spec }) => spec.bundle !== undefined || 'no bundle',
  phases: [{ name: 'binaries', title: 'Install kubelet and CNI plug-ins', run: installBinaries }],
};

async function installBinaries({ host, node, log, signal }: JoinContext & PhaseTools): Promise<void> {
  const bundle = await node.bundle();
  if (!bundle) return;
  log.vendor(VENDOR.windows.installingKubelet);
  const work = [installKubeletProgram(bundle, host), installKubectl(bundle, host), installCniPlugins(bundle, host)];
  await allSettled(work, signal);
}
