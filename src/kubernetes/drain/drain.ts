import type { V1DaemonSet, V1Pod } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { Clock } from '../../lib/clock.ts';
import { count } from '../../lib/count.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import type { ApiClient } from '../api/client.ts';
import { podsOn } from '../node/pods-on-node.ts';
import { evictPods } from './evict.ts';
import { type DrainPolicy, type DrainRefusal, daemonSetOf, decide, podName, REFUSALS } from './pods.ts';

export interface DrainOptions {
  readonly log: PhaseLog;
  readonly signal: AbortSignal;
  /** Milliseconds for all pods together. */
  readonly timeoutMs: number;
  /** False in a dry run: pods are named, not evicted. */
  readonly wet: boolean;
  readonly policy?: DrainPolicy;
  /** For tests. */
  readonly clock?: Clock;
}

/**
 * Cordons a node and evicts its pods, as `kubectl drain --ignore-daemonsets` does: PodDisruptionBudgets are respected;
 * pods of DaemonSets, mirrors of static pods and pods of the namespace kube-upgrade stay.
 * @throws EdgeadmError DRAIN_REFUSED before anything is changed, with every pod that the policy does not let go;
 *   DRAIN_FAILED with the pods that remain and the reason of each
 */
export async function drainNode(client: ApiClient, node: string, options: DrainOptions): Promise<void> {
  const { log, signal, timeoutMs, wet, policy, clock } = options;
  await refuseUndrainable(client, node, { signal, policy });
  await client.patch(`/api/v1/nodes/${node}`, { spec: { unschedulable: true } }, { signal });
  // The scheduler may have placed pods until now.
  const { evict, wait } = await refuseUndrainable(client, node, { signal, policy });
  if (!wet) {
    for (const pod of evict) log.info(`Would evict pod ${podName(pod)}.`);
    return;
  }
  for (const pod of evict) log.debug(`Evicting pod ${podName(pod)}.`);
  await evictPods(client, node, { evict, wait, signal, timeoutMs, clock });
  log.info(`${count('pod', evict.length)} evicted.`);
}

/** The pods of a node that a drain has to do with. */
export interface DrainablePods {
  readonly evict: readonly V1Pod[];
  /** Being deleted already. */
  readonly wait: readonly V1Pod[];
}

/**
 * Looks whether a node can be drained; nothing is changed.
 * @throws EdgeadmError DRAIN_REFUSED with every pod that the policy does not let go, and why
 */
export async function refuseUndrainable(
  client: ApiClient,
  node: string,
  { signal, policy = {} }: { readonly signal?: AbortSignal; readonly policy?: DrainPolicy },
): Promise<DrainablePods> {
  const pods = await podsOn(client, node, signal);
  const decisions = await Promise.all(
    pods.map(async (pod) => ({ pod, ...decide(pod, policy, await isOrphan(client, pod, signal)) })),
  );
  const refused = new Map<DrainRefusal, string[]>();
  for (const decision of decisions) {
    if (decision.action !== 'refuse') continue;
    for (const refusal of decision.refusals)
      refused.set(refusal, [...(refused.get(refusal) ?? []), podName(decision.pod)]);
  }
  if (refused.size > 0) throw drainRefused(node, refused);
  const those = (action: 'evict' | 'wait'): V1Pod[] =>
    decisions.flatMap((decision) => (decision.action === action ? [decision.pod] : []));
  return { evict: those('evict'), wait: those('wait') };
}

/** An answer other than "not found" counts as a DaemonSet that exists: its pods are left alone. */
async function isOrphan(client: ApiClient, pod: V1Pod, signal?: AbortSignal): Promise<boolean> {
  const name = daemonSetOf(pod);
  if (name === undefined) return false;
  const path = `/apis/apps/v1/namespaces/${pod.metadata?.namespace}/daemonsets/${name}`;
  return (await client.send<V1DaemonSet>('GET', path, { signal })).status === 404;
}

function drainRefused(node: string, refused: ReadonlyMap<DrainRefusal, readonly string[]>): EdgeadmError {
  const rows = [...refused].map(([refusal, pods]) => ({ ...REFUSALS[refusal], pods }));
  const count = new Set(rows.flatMap(({ pods }) => pods)).size;
  const flags = [...new Set(rows.map(({ flag }) => flag))];
  return new EdgeadmError({
    code: 'DRAIN_REFUSED',
    what: `node ${node} was not drained: ${count} of its pods would be lost`,
    why: rows.map(({ reason, flag, pods }) => `${reason} (use ${flag} to override): ${pods.join(', ')}`).join('\n'),
    next: `move these pods to another node, or run the same command with ${flags.join(' ')}`,
  });
}
