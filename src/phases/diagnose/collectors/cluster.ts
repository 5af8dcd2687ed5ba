import type { CoreV1Event, V1Node, V1Pod } from '@kubernetes/client-node';
import type { Journal } from '../../../host/journal/journal.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { ApiClient, apiErrorOf } from '../../../kubernetes/api/client.ts';
import { listAll } from '../../../kubernetes/api/list.ts';
import { nodeCredentials } from '../../node-credentials.ts';
import type { CollectContext, Collected, Collector } from '../collector.ts';
import { type ClusterFacts, clusterFacts, shownEvent, shownNode, shownPod } from './cluster-facts.ts';

/** Less time than a collector has, whose facts would be lost. Milliseconds. */
const REQUEST_MS = 4000;
/**
 * Pods whose events are requested: kubectl describe does it pod by pod, and a cluster has far more events than these.
 */
const MOST_PODS = 10;
const ADMINISTRATOR = "the administrator's kubeconfig";

export interface ClusterSource {
  /** What edgeadm noted on the node. */
  readonly journal: () => Promise<Pick<Journal, 'joined'>>;
  /** As an administrator of the cluster, from the machine edgeadm runs on. */
  readonly admin?: ApiClient;
}

/** A cluster that was asked, and as whom. */
interface Asked {
  readonly client: ApiClient;
  readonly as: string;
  readonly name: string;
}

/**
 * What the cluster says of the node: its Node object, its pods that are in trouble, and the events of both. Asked with
 * the kubeconfig that was given, and with what the node itself has: a node may read its own Node and its own pods, and
 * no events.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/node/
 */
export function cluster({ journal, admin }: ClusterSource): Collector {
  return {
    name: 'cluster/node',
    run: async (context) => {
      const failures: string[] = [];
      const own = await nodeCredentials(context.host).catch((error: Error) => {
        if (!admin) throw error;
        failures.push(`the certificate of the node: ${error.message}`);
        return undefined;
      });
      const name = own?.nodeName ?? (await nameWithout(context, journal));
      if (admin) {
        const found = await ask(context, { client: admin, as: ADMINISTRATOR, name }, failures);
        if (found?.facts?.cluster?.found) return found;
        if (found) failures.push(`${ADMINISTRATOR}: ${found.facts?.cluster?.why}`);
      }
      if (!own) return nothing(failures, `no usable kubelet certificate in ${PATHS.kubelet.pki}`);
      const client = new ApiClient(own.connection, (address, more) => context.host.connect(address, more));
      try {
        const found = await ask(context, { client, as: 'the certificate of the node', name }, failures);
        return found ?? nothing(failures);
      } finally {
        client.close();
      }
    },
  };
}

/** The kubelet takes the host's name in lower case unless it was given one. */
async function nameWithout({ host }: CollectContext, journal: ClusterSource['journal']): Promise<string> {
  const joined = await journal().catch(() => undefined);
  return joined?.joined?.node ?? (await host.facts()).hostname.toLowerCase();
}

/** @returns undefined if the cluster gave no answer; `failures` has the reason then */
async function ask(context: CollectContext, asked: Asked, failures: string[]): Promise<Collected | undefined> {
  try {
    return await look(context, asked);
  } catch (error) {
    context.signal.throwIfAborted();
    const status = apiErrorOf(error)?.status;
    const reason = `${asked.as}: ${(error as Error).message}`;
    failures.push(reason);
    const isOwn = asked.as !== ADMINISTRATOR;
    if (isOwn && (status === 401 || status === 403))
      return {
        files: [{ path: 'cluster/asked.txt', text: `${failures.join('\n')}\n` }],
        facts: { refusedNode: reason },
      };
    return undefined;
  }
}

async function look({ host, signal }: CollectContext, { client, as, name }: Asked): Promise<Collected> {
  const options = { timeoutMs: REQUEST_MS, signal };
  const [node, { now }, { machineId }] = await Promise.all([
    client.find<V1Node>(`/api/v1/nodes/${encodeURIComponent(name)}`, options),
    host.clock(),
    host.facts(),
  ]);
  const other = node?.status?.nodeInfo?.machineID;
  // Two machines of one name, or another cluster: what it says is not about this one.
  const isOurs = node !== undefined && (!machineId || !other || other === machineId);
  if (!isOurs) {
    const why = node
      ? `the Node ${name} belongs to another machine: its machine ID is ${other}, the one of this machine is ${machineId}`
      : `the cluster has no Node ${name}`;
    const facts = { cluster: { name, as, why, found: false, isOther: node !== undefined, pods: [], evicted: [] } };
    return { files: [file('asked.txt', `asked with ${as}: ${why}`)], facts };
  }
  const notes: string[] = [`asked with ${as}`];
  const timed = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]);
  const note = (what: string) => (error: Error) => {
    signal.throwIfAborted();
    notes.push(`${what}: ${error.message}`);
    return undefined;
  };
  const [pods, ofNode] = await Promise.all([
    podsOf(client, name, timed).catch(note('pods')),
    eventsOf(client, { kind: 'Node', name }, timed).catch(note('events of the node')),
  ]);
  const facts = clusterFacts({ name, as, node, pods: pods ?? [], events: ofNode ?? [], now });
  const ofPods = ofNode && (await eventsOfPods(client, facts, timed).catch(note('events of pods')));
  const events = [...(ofNode ?? []), ...(ofPods ?? [])];
  return {
    files: [
      file('node.json', JSON.stringify(shownNode(node), null, 2)),
      file('pods.json', JSON.stringify((pods ?? []).map(shownPod), null, 2)),
      file('events.txt', events.map(shownEvent).join('\n')),
      file('asked.txt', notes.join('\n')),
    ],
    facts: { cluster: clusterFacts({ name, as, node, pods: pods ?? [], events, now }) },
  };
}

function podsOf(client: ApiClient, name: string, signal: AbortSignal): Promise<V1Pod[]> {
  const selector = encodeURIComponent(`spec.nodeName=${name}`);
  return listAll<V1Pod>(client, `/api/v1/pods?fieldSelector=${selector}`, { keep: (pod) => pod, signal });
}

function eventsOf(
  client: ApiClient,
  { kind, name, namespace }: { readonly kind: string; readonly name: string; readonly namespace?: string },
  signal: AbortSignal,
): Promise<CoreV1Event[]> {
  const selector = encodeURIComponent(`involvedObject.kind=${kind},involvedObject.name=${name}`);
  const path = namespace ? `/api/v1/namespaces/${namespace}/events` : '/api/v1/events';
  return listAll<CoreV1Event>(client, `${path}?fieldSelector=${selector}`, { keep: (event) => event, signal });
}

async function eventsOfPods(client: ApiClient, facts: ClusterFacts, signal: AbortSignal): Promise<CoreV1Event[]> {
  const troubled = [...facts.pods, ...facts.evicted].slice(0, MOST_PODS);
  const lists = troubled.map(({ pod }) => {
    const [namespace = '', name = ''] = pod.split('/');
    return eventsOf(client, { kind: 'Pod', name, namespace }, signal);
  });
  return (await Promise.all(lists)).flat();
}

function file(name: string, text: string) {
  return { path: `cluster/${name}`, text: `${text}\n` };
}

function nothing(failures: readonly string[], more?: string): Collected {
  const reasons = [...failures, ...(more ? [more] : [])];
  return { files: [file('asked.txt', `the cluster was not asked:\n${reasons.join('\n')}`)] };
}
