import { installCniPlugins, installKubeletProgram } from '../../artifacts/install.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { findKubelet } from '../../kubernetes/kubelet/program.ts';
import { minorOf } from '../../kubernetes/version.ts';
import { abortable } from '../../lib/abortable.ts';
import { fillTemplate } from '../../templates/text.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { overridingDropIns } from '../preflight/drop-ins.ts';
import type { JoinContext } from './context.ts';
import { startsWithJoinFiles } from './packaged-unit.ts';

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

async function installBinaries({ host, node, log, interrupted }: JoinContext & PhaseTools): Promise<void> {
  const bundle = await node.bundle();
  if (!bundle) return;
  // Not at once: the kubelet waits longer for containerd, which starts meanwhile, than for these.
  await abortable(installKubeletProgram(bundle, host), interrupted);
  await abortable(installCniPlugins(bundle, host), interrupted);
  log.debug('kubelet and CNI plug-ins are already installed');
}

async function writeService(context: JoinContext & PhaseTools): Promise<void> {
  const { host, node, log } = context;
  const fromBundle = (await node.bundle())?.manifest.files.some((file) => file.kind === 'kubelet');
  const kubelet = fromBundle ? PATHS.kubelet.program : await findKubelet(host);
  const { exists, outdated } = await host.unit(PATHS.kubelet.unit);
  const isRight = exists && (await isRightAlready(context, kubelet));
  const changed = !isRight && (await writeKubeletUnit(host, kubelet, exists));
  // The start of the kubelet waits for it, and fails with it; certificates need not.
  if (outdated || (exists && changed)) host.reloadUnits().catch(() => {});
  for (const warning of await overridingDropIns(host)) log.warning(warning);
}

/** Older kubelets ask a cloud for credentials when they start (see the drop-in). */
const NO_CLOUD_PROVIDERS = 27;

/**
 * A unit that is right saves systemd from reading all of them again. One that may ask for a first certificate is not right
 * behind an edge-hub, whose kubeconfig names no certificate.
 */
async function isRightAlready({ host, node }: JoinContext, kubelet: string): Promise<boolean> {
  if (node.journal.wrote(PATHS.kubelet.dropIn) || (await node.edgeHub())) return false;
  const version = await node.kubeletVersion();
  if (version === undefined || minorOf(version) < NO_CLOUD_PROVIDERS) return false;
  return startsWithJoinFiles(host, kubelet);
}

/**
 * Writes unit (unless the node has one of its own) and drop-in.
 * @param known whether systemd knows the unit
 * @returns true if something was changed
 */
export async function writeKubeletUnit(host: Host, kubelet: string, known: boolean): Promise<boolean> {
  const ours = (await host.stat(PATHS.kubelet.unitFile)) !== undefined;
  const mode = 0o644;
  // In this order, systemd knows all of a new unit as soon as it knows it.
  const dropIn = await host.write(PATHS.kubelet.dropIn, fillTemplate('kubelet/10-kubeadm.conf', { kubelet }), { mode });
  const unit =
    (!known || ours) &&
    (await host.write(PATHS.kubelet.unitFile, fillTemplate('kubelet/kubelet.service', { kubelet }), { mode }));
  return unit || dropIn;
}
