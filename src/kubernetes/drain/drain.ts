import type { V1Pod, V1PodList } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import { formatDuration } from '../../lib/duration.ts';
import { forEachLimited } from '../../lib/for-each.ts';
import { waitFor } from '../../lib/wait-for.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import type { ApiClient } from '../api/client.ts';

const AT_ONCE = 16;
const MIRROR = 'kubernetes.io/config.mirror';
/** Where the pods run that upgrade nodes: one that evicted itself would not come to the end. */
export const UPGRADE_NAMESPACE = 'kube-upgrade';
/** The server's answer while a PodDisruptionBudget forbids an eviction. */
const TOO_MANY_REQUESTS = 429;

export interface DrainOptions {
  readonly log: PhaseLog;
  readonly signal: AbortSignal;
  /** Milliseconds for all pods together. */
  readonly timeoutMs: number;
  /** False in a dry run: pods are named, not evicted. */
  readonly wet: boolean;
}

/**
 * Keeps new pods off a node and evicts those it has, as `kubectl drain --ignore-daemonsets --delete-emptydir-data`
 * does: PodDisruptionBudgets are respected, pods of DaemonSets and mirrors of static pods are left, and so are those of
 * the namespace kube-upgrade.
 * @throws EdgeadmError DRAIN_FAILED with the pods that remain and the reason of each
 */
export async function drainNode(client: ApiClient, node: string, options: DrainOptions): Promise<void> {
  await client.patch(`/api/v1/nodes/${node}`, { spec: { unschedulable: true } }, options);
  const { items } = await client.get<V1PodList>(`/api/v1/pods?fieldSelector=spec.nodeName%3D${node}`, options);
  const pods = items.filter(isEvictable);
  if (!options.wet) {
    for (const pod of pods) options.log.info(`Would evict pod ${nameOf(pod)}.`);
    return;
  }
  const api = await evictionApi(client, options);
  const left: string[] = [];
  await forEachLimited(pods, AT_ONCE, async (pod) => {
    await evict(client, api, pod, options).catch((error: EdgeadmError) => left.push(`${nameOf(pod)}: ${error.why}`));
  });
  options.signal.throwIfAborted();
  options.log.info(`${pods.length - left.length} pods evicted.`);
  if (left.length === 0) return;
  throw new EdgeadmError({
    code: 'DRAIN_FAILED',
    what: `${left.length} pods could not be evicted from ${node} within ${formatDuration(options.timeoutMs)}`,
    why: left.join('\n'),
  });
}

function isEvictable(pod: V1Pod): boolean {
  if (pod.metadata?.annotations?.[MIRROR] !== undefined || pod.metadata?.namespace === UPGRADE_NAMESPACE) return false;
  return !pod.metadata?.ownerReferences?.some((owner) => owner.controller && owner.kind === 'DaemonSet');
}

/** policy/v1 has it since 1.22; v1beta1 is gone with 1.25. */
async function evictionApi(client: ApiClient, { signal }: DrainOptions): Promise<string> {
  const group = await client.get<{ versions: { groupVersion: string }[] }>('/apis/policy', { signal });
  const v1 = group.versions.some(({ groupVersion }) => groupVersion === 'policy/v1');
  if (!v1) return 'policy/v1beta1';
  const { resources } = await client.get<{ resources: { name: string; version?: string }[] }>('/api/v1', { signal });
  return `policy/${resources.find(({ name }) => name === 'pods/eviction')?.version ?? 'v1'}`;
}

/** Asks until the eviction is granted, then waits until the pod is gone; one with the same name is another pod. */
async function evict(client: ApiClient, apiVersion: string, pod: V1Pod, options: DrainOptions): Promise<void> {
  const { name = '', namespace = '', uid } = pod.metadata ?? {};
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const body = { apiVersion, kind: 'Eviction', metadata: { name, namespace } };
  let granted = false;
  await waitFor({
    what: `pod ${namespace}/${name} to be gone`,
    timeoutMs: options.timeoutMs,
    signal: options.signal,
    intervalMs: [200, 2000],
    probe: async (signal) => {
      if (!granted) {
        const answer = await client.send<{ message?: string }>('POST', `${path}/eviction`, { body, signal });
        if (answer.status === 404) return { done: undefined };
        granted = answer.status < 300;
        if (answer.status === TOO_MANY_REQUESTS) return { seen: answer.body.message ?? 'a PodDisruptionBudget' };
        if (!granted) return { seen: `HTTP ${answer.status}: ${answer.body.message}` };
      }
      const now = await client.find<V1Pod>(path, { signal });
      return !now || now.metadata?.uid !== uid ? { done: undefined } : { seen: 'it is ending' };
    },
  });
}

function nameOf(pod: V1Pod): string {
  return `${pod.metadata?.namespace}/${pod.metadata?.name}`;
}
