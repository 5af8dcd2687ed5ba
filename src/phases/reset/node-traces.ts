import { posix } from 'node:path';
import type { Host } from '../../host/host.ts';
import { CHOICES } from '../../host/journal/choices.ts';
import type { Journal } from '../../host/journal/journal.ts';
import { PATHS } from '../../host/node-paths.ts';
import { readIfFile } from '../../host/read-if-file.ts';
import { isControlPlaneManifest } from '../../kubernetes/node-files.ts';
import { type NodeCredentials, nodeCredentials } from '../node-credentials.ts';
import { hasDrill } from './teardown/drill.ts';
import { findNotedRuntime, type NodeRuntime } from './teardown/runtime.ts';
import { KUBELET_KUBECONFIGS } from './teardown/state.ts';

/** What a node shows of having been joined, looked at once, before anything is taken away. */
export interface NodeTraces {
  /** undefined: never. `other` is kubeadm, or by hand: no journal tells what was there before. */
  readonly joinedBy: 'edgeadm' | 'other' | undefined;
  readonly name: string;
  readonly runtime: NodeRuntime;
  readonly credentials: NodeCredentials | undefined;
  /** Paths of manifests of a control plane. */
  readonly controlPlane: readonly string[];
  /** True if a drill of this node was begun and not ended. */
  readonly drill: boolean;
}

const CONTROL_PLANE_IMAGE = /\bimage['"]?:\s*['"]?\S*\b(kube-apiserver|etcd)[:@]/;

export async function nodeTraces(host: Host, journal: Journal): Promise<NodeTraces> {
  const [joinedBy, runtime, credentials, controlPlane, facts] = await Promise.all([
    whoJoined(host, journal),
    findNotedRuntime(host, journal),
    nodeCredentials(host),
    controlPlaneManifests(host),
    host.facts(),
  ]);
  const name =
    journal.joined?.node ?? credentials?.nodeName ?? journal.choice(CHOICES.nodeName) ?? facts.hostname.toLowerCase();
  const drill = facts.platform === 'linux' && (await hasDrill(host));
  return { joinedBy, name, runtime, credentials, controlPlane, drill };
}

/** What preflight takes for traces of another tool, too: what it sends here must be dealt with here. */
const TRACES = [...KUBELET_KUBECONFIGS, PATHS.kubernetes.caCertificate, PATHS.edgeHub.unitFile];

async function whoJoined(host: Host, journal: Journal): Promise<NodeTraces['joinedBy']> {
  if (journal.hasChanges) return 'edgeadm';
  for (const path of TRACES) if (await host.stat(path)) return 'other';
  const manifests = await host.list(PATHS.kubernetes.manifests);
  if (manifests.some((name) => !name.startsWith('.'))) return 'other';
  if (journal.damage) return 'other';
  // A reset that was killed at its very end leaves a journal without changes.
  return (await host.stat(PATHS.edgeadm.journal)) ? 'edgeadm' : undefined;
}

async function controlPlaneManifests(host: Host): Promise<string[]> {
  const found: string[] = [];
  for (const name of await host.list(PATHS.kubernetes.manifests)) {
    const path = posix.join(PATHS.kubernetes.manifests, name);
    if (isControlPlaneManifest(name) || CONTROL_PLANE_IMAGE.test((await readIfFile(host, path)) ?? ''))
      found.push(path);
  }
  return found;
}
