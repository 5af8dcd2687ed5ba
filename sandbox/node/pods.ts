import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { Machine } from '../../src/host/machine.ts';
import { type ApiClient, apiErrorOf } from '../../src/kubernetes/api/client.ts';
import { isEdgeHub, type RunningContainer, startEdgeHub } from './edge-hub.ts';
import { recordEvent } from './events.ts';
import type { Pressure } from './eviction.ts';
import type { NodePorts } from './ports.ts';
import { appendLog, writeBelow } from './root-files.ts';
import { commandOf, readManifests, type StaticPod, volumeFault } from './static-pods.ts';

const MIRROR = 'kubernetes.io/config.mirror';
/** Between two tries to start what did not start. */
const RETRY_MS = 5000;

export interface PodTools {
  readonly machine: Machine;
  readonly ports: NodePorts;
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly error: (line: string) => void;
}

/** A static pod that was started, or why it was not. */
interface Started extends StaticPod {
  readonly containers: readonly RunningContainer[];
  readonly waiting?: { readonly reason: string; readonly message: string };
  /** Milliseconds of `performance.now`. */
  readonly since: number;
}

/**
 * The pods of a small kubelet. Static ones are started from their manifests and shown to the API server as mirror pods;
 * those that the cluster puts onto the node are said to run. An edge-hub really serves, a flannel leaves the CNI
 * configuration; whatever else a pod may do is pretended.
 */
export class NodePods {
  readonly #tools: PodTools;
  readonly #static = new Map<string, Started>();
  readonly #seen = new Set<string>();

  constructor(tools: PodTools) {
    this.#tools = tools;
  }

  /** Starts and stops static pods until they are as the manifests of a folder say. */
  async syncStatic(folder: string): Promise<void> {
    const wanted = await readManifests(this.#tools.machine, folder, this.#tools.error);
    for (const [key, pod] of this.#static) {
      const retry = pod.waiting !== undefined && performance.now() - pod.since > RETRY_MS;
      if (wanted.get(key)?.hash !== pod.hash || retry) await this.#stopStatic(key);
    }
    for (const [key, pod] of wanted) if (!this.#static.has(key)) this.#static.set(key, await this.#start(key, pod));
  }

  async stop(): Promise<void> {
    for (const key of [...this.#static.keys()]) await this.#stopStatic(key);
  }

  /** Shows the static pods to the API server, as the node may: by mirror pods that belong to its Node object. */
  async mirror(client: ApiClient, node: V1Node): Promise<void> {
    const selector = encodeURIComponent(`spec.nodeName=${this.#tools.nodeName}`);
    const { items } = await client.get<{ items: V1Pod[] }>(`/api/v1/pods?fieldSelector=${selector}`);
    const mirrors = items.filter((pod) => pod.metadata?.annotations?.[MIRROR] !== undefined);
    const current = new Map([...this.#static.values()].map((pod) => [mirrorName(pod, this.#tools.nodeName), pod]));
    for (const pod of mirrors) {
      const { name = '', annotations } = pod.metadata ?? {};
      if (annotations?.[MIRROR] !== current.get(name)?.hash) await client.delete(`${pathOf(pod)}?gracePeriodSeconds=0`);
      else if (pod.status?.phase === phaseOf(current.get(name))) current.delete(name);
    }
    for (const pod of current.values()) await this.#showMirror(client, node, pod);
  }

  /** Acts on what the API server says of a pod of this node. */
  async onPod(client: ApiClient, pod: V1Pod, podCidr: string | undefined): Promise<void> {
    const { uid = '', deletionTimestamp, annotations } = pod.metadata ?? {};
    if (deletionTimestamp) {
      this.#seen.delete(uid);
      return client.delete(`${pathOf(pod)}?gracePeriodSeconds=0`);
    }
    if (annotations?.[MIRROR] !== undefined || this.#seen.has(uid)) return;
    this.#seen.add(uid);
    if (pod.metadata?.labels?.['k8s-app'] === 'flannel') await writeCni(this.#tools.machine, podCidr);
    await client.patch(`${pathOf(pod)}/status`, { status: this.#statusOf(pod, {}, podCidr) });
  }

  /** Ends every pod of the cluster, as a kubelet does that cannot reclaim what it needs. Static pods stay. */
  async evictAll(client: ApiClient, { resource }: Pressure): Promise<void> {
    const selector = encodeURIComponent(`spec.nodeName=${this.#tools.nodeName}`);
    const { items } = await client.get<{ items: V1Pod[] }>(`/api/v1/pods?fieldSelector=${selector}`);
    for (const pod of items) {
      const { annotations, name = '', namespace = '', uid = '' } = pod.metadata ?? {};
      if (annotations?.[MIRROR] !== undefined || pod.status?.phase === 'Failed') continue;
      const message = `The node was low on resource: ${resource}. `;
      const status = { phase: 'Failed', reason: 'Evicted', message, containerStatuses: [], conditions: [] };
      await client.patch(`${pathOf(pod)}/status`, { status });
      const event = { reason: 'Evicted', type: 'Warning' as const, message };
      await recordEvent(client, { kind: 'Pod', name, namespace, uid }, event);
    }
  }

  async #start(key: string, pod: StaticPod): Promise<Started> {
    const since = performance.now();
    const { machine, ports, nodeName, error } = this.#tools;
    const fault = await volumeFault(machine, pod.manifest);
    if (fault) {
      error(`${fault}, pod ${key}`);
      return { ...pod, since, containers: [], waiting: { reason: 'ContainerCreating', message: fault } };
    }
    const containers: RunningContainer[] = [];
    for (const container of pod.manifest.spec?.containers ?? []) {
      const words = commandOf(container, nodeName);
      if (!isEdgeHub(words)) continue;
      try {
        containers.push(await startEdgeHub({ files: machine, ports, words, nodeName }));
      } catch (thrown) {
        const message = (thrown as Error).message;
        const folder = `/var/log/pods/${key.replace('/', '_')}-${nodeName}_${pod.hash}/${container.name}`;
        await appendLog(machine, `${folder}/0.log`, `${new Date().toISOString()} stderr F ${message}`);
        error(`Error syncing pod ${key}, err: failed to start container "${container.name}": ${message}`);
        return { ...pod, since, containers, waiting: { reason: 'CrashLoopBackOff', message } };
      }
    }
    return { ...pod, since, containers };
  }

  async #stopStatic(key: string): Promise<void> {
    for (const container of this.#static.get(key)?.containers ?? []) await container.stop();
    this.#static.delete(key);
  }

  async #showMirror(client: ApiClient, node: V1Node, pod: Started): Promise<void> {
    const { nodeName } = this.#tools;
    const { metadata, spec } = pod.manifest;
    const namespace = metadata?.namespace ?? 'default';
    const name = mirrorName(pod, nodeName);
    const mirror = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        name,
        namespace,
        annotations: { ...metadata?.annotations, [MIRROR]: pod.hash, 'kubernetes.io/config.source': 'file' },
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata?.uid ?? '', controller: true },
        ],
      },
      spec: { ...spec, nodeName },
    };
    await client.create(`/api/v1/namespaces/${namespace}/pods`, mirror).catch((error: unknown) => {
      if (apiErrorOf(error)?.reason !== 'AlreadyExists') throw error;
    });
    await client.patch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, {
      status: this.#statusOf(pod.manifest, pod, undefined),
    });
  }

  #statusOf(pod: V1Pod, { waiting }: Pick<Started, 'waiting'>, podCidr: string | undefined) {
    const { nodeIp } = this.#tools;
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const running = waiting === undefined;
    const status = running ? 'True' : 'False';
    return {
      phase: running ? 'Running' : 'Pending',
      hostIP: nodeIp,
      podIP: pod.spec?.hostNetwork ? nodeIp : podAddress(podCidr, this.#seen.size),
      startTime: now,
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
        type,
        status,
        lastTransitionTime: now,
      })),
      containerStatuses: (pod.spec?.containers ?? []).map(({ name, image }) => ({
        name,
        image,
        imageID: image,
        ready: running,
        started: running,
        restartCount: 0,
        state: running ? { running: { startedAt: now } } : { waiting },
      })),
    };
  }
}

function phaseOf(pod: Started | undefined): string {
  return pod?.waiting ? 'Pending' : 'Running';
}

function mirrorName({ manifest }: StaticPod, nodeName: string): string {
  return `${manifest.metadata?.name}-${nodeName}`;
}

function pathOf({ metadata }: V1Pod): string {
  return `/api/v1/namespaces/${metadata?.namespace}/pods/${metadata?.name}`;
}

function podAddress(podCidr: string | undefined, index: number): string | undefined {
  return podCidr?.replace(/\d+\/\d+$/, `${1 + (index % 250)}`);
}

/** What Flannel's pods leave on a node. */
async function writeCni(machine: Machine, podCidr = '10.244.0.0/24'): Promise<void> {
  const configuration = {
    name: 'cbr0',
    cniVersion: '0.3.1',
    plugins: [{ type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } }],
  };
  const text = `${JSON.stringify(configuration, null, 2)}\n`;
  await writeBelow(machine, '/etc/cni/net.d/10-flannel.conflist', text);
  await writeBelow(machine, '/run/flannel/subnet.env', `FLANNEL_SUBNET=${podCidr}\nFLANNEL_MTU=1450\n`);
}
