import type { V1Pod, V1Status } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { Clock } from '../../lib/clock.ts';
import { count } from '../../lib/count.ts';
import { forEachLimited } from '../../lib/for-each.ts';
import { waitFor } from '../../lib/wait-for.ts';
import type { ApiClient } from '../api/client.ts';
import { coreResource } from '../api/discovery.ts';
import { podsOn } from '../node/pods-on-node.ts';
import { podName } from './pods.ts';

/** Evictions that are requested at the same time. */
const AT_ONCE = 16;

/** A pod that is to leave the node. */
interface LeavingPod {
  readonly pod: V1Pod;
  state: 'to-evict' | 'ending' | 'failed';
  /** What the API server said last. */
  seen: string;
}

export interface EvictOptions {
  readonly evict: readonly V1Pod[];
  /** Being deleted already. */
  readonly wait: readonly V1Pod[];
  readonly signal: AbortSignal;
  /** Milliseconds for all pods together. */
  readonly timeoutMs: number;
  /** For tests. */
  readonly clock?: Clock;
}

/**
 * Asks for the eviction of each pod until it is granted, and waits until all are gone from the node. A pod of the same
 * name with another UID is another pod.
 * @throws EdgeadmError DRAIN_FAILED with the pods that remain and what the API server said of each last
 */
export async function evictPods(client: ApiClient, node: string, options: EvictOptions): Promise<void> {
  const { evict, wait, signal, timeoutMs, clock } = options;
  if (evict.length + wait.length === 0) return;
  const leaving: LeavingPod[] = [
    ...evict.map((pod): LeavingPod => ({ pod, state: 'to-evict', seen: 'not requested yet' })),
    ...wait.map((pod): LeavingPod => ({ pod, state: 'ending', seen: ENDING })),
  ];
  // policy/v1 since Kubernetes 1.22, and v1beta1 alone before.
  const apiVersion = `policy/${(await coreResource(client, 'pods/eviction', signal))?.version ?? 'v1beta1'}`;
  const left = await waitFor<LeavingPod[]>({
    what: `the pods of node ${node} to terminate`,
    code: 'DRAIN_FAILED',
    timeoutMs,
    signal,
    clock,
    intervalMs: [200, 2000],
    probe: async (within) => {
      const toEvict = leaving.filter(({ state }) => state === 'to-evict');
      await forEachLimited(toEvict, AT_ONCE, (each) => askForEviction(client, apiVersion, each, within));
      const there = new Set((await podsOn(client, node, within)).map(({ metadata }) => metadata?.uid));
      const rest = leaving.filter(({ pod }) => there.has(pod.metadata?.uid));
      leaving.splice(0, leaving.length, ...rest);
      return rest.every(({ state }) => state === 'failed')
        ? { done: rest }
        : { seen: `${count('pod', rest.length)} left` };
    },
    evidence: async () => describe(leaving),
  });
  if (left.length === 0) return;
  throw new EdgeadmError({
    code: 'DRAIN_FAILED',
    what: `the API server refused to evict ${count('pod', left.length)} from node ${node}`,
    why: describe(left),
  });
}

const ENDING = 'it is being deleted, but does not terminate';

/** As kubectl: refused for now is requested again, refused for good is not. Source: kubectl/pkg/drain/drain.go. */
async function askForEviction(client: ApiClient, apiVersion: string, leaving: LeavingPod, signal: AbortSignal) {
  const { name = '', namespace = '' } = leaving.pod.metadata ?? {};
  const body = { apiVersion, kind: 'Eviction', metadata: { name, namespace } };
  try {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
    const { status, body: answer } = await client.send<V1Status>('POST', path, { body, signal });
    const granted = status < 300 || status === 404;
    leaving.seen = granted ? ENDING : reasonOf(status, answer);
    leaving.state = granted ? 'ending' : isTemporary(status, answer) ? 'to-evict' : 'failed';
  } catch (error) {
    // The network, which may be back at the next try.
    if (!signal.aborted) leaving.seen = (error as Error).message;
  }
}

/** A budget (429), an API server behind a gateway that is away, and a namespace that deletes its pods by itself. */
function isTemporary(status: number, answer: V1Status): boolean {
  if (status === 429 || (status > 501 && status < 505)) return true;
  return status === 403 && causesOf(answer).some(({ reason }) => reason === 'NamespaceTerminating');
}

/** The causes of a 429 name the PodDisruptionBudget and what it lacks. */
function reasonOf(status: number, answer: V1Status): string {
  const said = [answer?.message, ...causesOf(answer).map(({ message }) => message)].filter(Boolean).join(' ');
  return said || `HTTP ${status}`;
}

function causesOf(answer: V1Status) {
  return answer?.details?.causes ?? [];
}

function describe(leaving: readonly LeavingPod[]): string {
  return leaving.map(({ pod, seen }) => `${podName(pod)}: ${seen}`).join('\n');
}
