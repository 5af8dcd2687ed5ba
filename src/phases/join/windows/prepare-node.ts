import { posix } from 'node:path';
import { EdgeadmError } from '../../../errors/index.ts';
import { CHOICES } from '../../../host/journal/choices.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { WINDOWS_PATHS } from '../../../host/windows/paths.ts';
import { enableContainers, stateOfContainers } from '../../../kubernetes/windows/feature.ts';
import { hnsNetworks } from '../../../kubernetes/windows/networks.ts';
import type { Phase, PhaseTools } from '../../../workflow/phase.ts';
import type { JoinContext } from '../context.ts';
import { continueAfterReboot, REBOOT_DELAY_SECONDS } from '../continuation.ts';
import { noteCluster } from '../membership.ts';

export const windowsPrepareNode: Phase<JoinContext> = {
  name: 'prepare-node',
  title: 'Prepare the system',
  phases: [
    { name: 'journal', title: 'Record the initial state of the node', run: noteWindowsNode },
    { name: 'containers-feature', title: 'Enable the Containers feature of Windows', run: enableFeature },
    { name: 'folders', title: 'Create folders that other users cannot write to', run: makeFolders },
  ],
};

/** Folders that Kubernetes fills, each with the mode of what lies in it: logs and volumes are private. */
const FOLDERS = [
  { path: PATHS.kubernetes.directory, mode: 0o755 },
  { path: PATHS.kubernetes.pki, mode: 0o755 },
  { path: PATHS.kubernetes.manifests, mode: 0o700 },
  { path: PATHS.kubelet.directory, mode: 0o700 },
  { path: PATHS.kubelet.pki, mode: 0o700 },
  { path: WINDOWS_PATHS.kubelet.logs, mode: 0o700 },
  { path: PATHS.pods.logs, mode: 0o700 },
  { path: PATHS.pods.containerLogs, mode: 0o700 },
  { path: PATHS.cni.configurations, mode: 0o755 },
  { path: PATHS.cni.plugins, mode: 0o755 },
  { path: PATHS.cni.state, mode: 0o755 },
  { path: PATHS.flannel.runtimeState, mode: 0o755 },
] as const;

/** Folders that kube-proxy and flannel make where they are not. Source: kubernetes-sigs/sig-windows-tools, kube-proxy and flannel */
const OF_ADDONS = ['/k/kube-proxy', '/var/lib/kube-proxy', '/k/flannel', '/etc/kube-flannel'];

const FILLED = [...FOLDERS.map(({ path }) => path), ...OF_ADDONS];

/** Linux has most of them, Windows none: noted before what Kubernetes fills, so that they go after it. */
const ABOVE = FILLED.map((path) => posix.dirname(path)).filter((path) => !FILLED.includes(path));

/** A reset can roll back only what was noted first: every phase that begins a membership calls it. */
export async function noteWindowsNode(context: JoinContext): Promise<void> {
  const { host } = context;
  await noteCluster(context);
  const networks = await hnsNetworks(host);
  await host.choose(CHOICES.linksBefore, () => JSON.stringify((networks ?? []).map(({ id }) => id)));
  for (const path of ABOVE) await host.makeDirectory(path, 0o755);
  await host.claim(...FILLED);
}

/** @throws EdgeadmError REBOOT_NEEDED; the same command continues after the reboot */
async function enableFeature({ host, continuation, log, wet }: JoinContext & PhaseTools): Promise<void> {
  const state = await stateOfContainers(host);
  if (state === 'enabled') return;
  const waits = state === 'pending' || (await enableContainers(host));
  if (state !== 'pending' && wet) log.info('The Containers feature of Windows was enabled. A reset leaves it enabled.');
  if (!waits) return;
  if (continuation) await continueAfterReboot(host, continuation);
  throw new EdgeadmError({
    code: 'REBOOT_NEEDED',
    what: 'the Containers feature of Windows takes effect with a reboot',
    why: 'DISM ended with exit code 3010',
    next: continuation
      ? `wait: the machine reboots in ${REBOOT_DELAY_SECONDS} seconds (\`shutdown /a\` prevents it), and continues the join a minute after it has started; ${host.nativePath(PATHS.edgeadm.log)} shows how it ends`
      : 'Restart-Computer, then run the same command again: it continues; with --reboot edgeadm does both',
  });
}

/** Every user can write into a new folder below the root of a drive: its access list comes before its contents. */
async function makeFolders({ host }: JoinContext): Promise<void> {
  for (const { path, mode } of FOLDERS) await host.makeDirectory(path, mode);
}
