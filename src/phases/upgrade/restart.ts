import { hubFormOf } from '../../edge-hub/releases.ts';
import { PATHS } from '../../host/node-paths.ts';
import { waitForContainerd } from '../../kubernetes/cri/containerd-answers.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { KUBELET_FILES } from '../join/join-node.ts';
import { VENDOR } from '../vendor-messages.ts';
import type { UpgradeContext } from './context.ts';
import { restartHubService } from './edge-hub.ts';
import { getNode } from './node-health.ts';
import { sameVersion } from './versions.ts';

const CONTAINERD_FILES = [PATHS.containerd.unitFile, PATHS.containerd.program, PATHS.containerd.runc];

/** Containers continue while containerd and kubelet are restarted: their shims are processes of their own. */
export const restart: Phase<UpgradeContext> = {
  name: 'restart',
  title: 'Restart the replaced services',
  phases: [
    { name: 'containerd', title: 'Restart containerd', when: containerdIsStale, run: restartContainerd },
    {
      name: 'edge-hub',
      title: 'Restart the service of the edge-hub',
      when: ({ hubAfter }) => (hubAfter !== undefined && hubFormOf(hubAfter) === 'service') || 'it is not a service',
      run: restartHubService,
    },
    { name: 'kubelet', title: 'Restart the kubelet', run: restartKubelet },
  ],
};

/** Only if this upgrade has replaced it. */
function containerdIsStale({ journal }: UpgradeContext): boolean | string {
  const replaced = journal.upgrade !== undefined && journal.changedSince('upgrade', CONTAINERD_FILES);
  return replaced || 'containerd is unchanged';
}

async function restartContainerd({ host, waitFor }: UpgradeContext & PhaseTools): Promise<void> {
  await host.applyUnit(PATHS.containerd.unit, CONTAINERD_FILES);
  await waitForContainerd(host, waitFor);
}

async function restartKubelet(context: UpgradeContext & PhaseTools): Promise<void> {
  const { host, restarted, log } = context;
  log.vendor(VENDOR.restartingKubelet);
  restarted.before = (await host.clock()).now;
  const applied = await host.applyUnit(PATHS.kubelet.unit, [
    ...KUBELET_FILES,
    ...CONTAINERD_FILES,
    PATHS.kubelet.extraFlags,
    PATHS.kubelet.sysconfig,
  ]);
  if (!applied && !(await restartIfOld(context))) restarted.before = 0;
  else restarted.after = (await host.clock()).now;
  if (!context.wet) return;
  log.vendor(VENDOR.kubeletRestarted);
}

/** A kubelet that a package has replaced is not known to the journal. @returns true if it was restarted */
async function restartIfOld(context: UpgradeContext & PhaseTools): Promise<boolean> {
  const { host, versions } = context;
  const node = await getNode(context);
  const running = node.status?.nodeInfo?.kubeletVersion;
  if (running && sameVersion(running, versions.to)) return false;
  await host.restartUnit(PATHS.kubelet.unit);
  return true;
}
