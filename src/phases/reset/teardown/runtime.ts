import type { Host } from '../../../host/host.ts';
import type { OperatingSystem } from '../../../host/host-facts.ts';
import { CHOICES } from '../../../host/journal/choices.ts';
import type { Journal } from '../../../host/journal/journal.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { readIfFile } from '../../../host/read-if-file.ts';
import { WINDOWS_PATHS } from '../../../host/windows/paths.ts';
import { runtimeSocketIn } from '../../../kubernetes/node-files.ts';

/** The container runtime that a node's kubelet uses. */
export interface NodeRuntime {
  /** Path of the CRI socket. */
  readonly socket: string;
  readonly unit: string;
}

const UNITS: readonly [pattern: RegExp, unit: string][] = [
  [/cri-dockerd|dockershim/, PATHS.docker.unit],
  [/crio/, PATHS.crio.unit],
  [/containerd/, PATHS.containerd.unit],
];
const DEFAULT_SOCKETS = [PATHS.containerd.socket, PATHS.crio.socket, PATHS.criDockerd.socket];
/** If none of them is there: a pipe of Windows cannot be looked for. */
const USUAL_SOCKET: Readonly<Record<OperatingSystem, string>> = {
  linux: PATHS.containerd.socket,
  windows: WINDOWS_PATHS.sockets.containerd,
  other: PATHS.containerd.socket,
};

/**
 * Finds the runtime of a node that was joined, by edgeadm or by kubeadm: from the kubelet's flags, else its
 * configuration (1.27 and newer), else by the socket that is there.
 * @param chosen the socket that was given to the join
 */
export async function findRuntime(host: Host, chosen?: string): Promise<NodeRuntime> {
  return runtimeAt(chosen ?? (await configuredSocket(host)) ?? (await presentSocket(host)));
}

/**
 * The same for a reset. One that was killed when the kubelet's files were gone finds what it has noted: another runtime
 * of the machine would be taken for it, and lose its images.
 */
export async function findNotedRuntime(host: Host, journal: Journal): Promise<NodeRuntime> {
  const noted = journal.choice(CHOICES.runtime, 'joined');
  return runtimeAt((await configuredSocket(host)) ?? noted ?? (await presentSocket(host)));
}

function runtimeAt(socket: string): NodeRuntime {
  return { socket, unit: UNITS.find(([pattern]) => pattern.test(socket))?.[1] ?? PATHS.containerd.unit };
}

/** To be called before anything is removed. What cannot be noted is found again as long as its files are there. */
export async function noteRuntime(host: Host, journal: Journal, { socket }: NodeRuntime): Promise<void> {
  if (!host.wet || !host.runsPrograms || !journal.hasChanges || journal.damage) return;
  if (journal.choice(CHOICES.runtime, 'joined') === socket) return;
  await journal.append({ kind: 'choice', key: CHOICES.runtime, value: socket }).catch(() => undefined);
}

/** The kubelet of 1.23 and older speaks to Docker by itself, through a socket that only it serves. */
export function isDockershim({ socket }: NodeRuntime): boolean {
  return socket.endsWith('/dockershim.sock');
}

async function configuredSocket(host: Host): Promise<string | undefined> {
  const flags = await readIfFile(host, PATHS.kubelet.flags);
  const flag = /--container-runtime-endpoint=["']?([^\s"']+)/.exec(flags ?? '')?.[1];
  if (flag) return flag.replace(/^unix:\/\//, '');
  const socket = runtimeSocketIn(await readIfFile(host, PATHS.kubelet.configuration));
  if (socket) return socket;
  // kubeadm names every runtime but this one.
  const docker = flags !== undefined && (await host.stat(PATHS.docker.socket)) !== undefined;
  return docker ? PATHS.docker.dockershim.configured : undefined;
}

async function presentSocket(host: Host): Promise<string> {
  for (const socket of DEFAULT_SOCKETS) if (await host.stat(socket)) return socket;
  return USUAL_SOCKET[(await host.facts()).platform];
}
