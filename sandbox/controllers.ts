import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { V1DaemonSet, V1Lease, V1Node, V1Pod } from '@kubernetes/client-node';
import type { ApiClient } from '../src/kubernetes/api/client.ts';
import { sha256Of } from '../src/lib/sha256.ts';
import { allowsAddon } from './addon-label.ts';
import { KIND } from './cloud/records.ts';
import type { Store } from './store.ts';

/** The add-ons that run on every node which does not keep them off, see docs/join.md. */
const ADDONS = [
  { name: 'kube-proxy', daemonSet: 'kube-proxy', hostNetwork: true },
  { name: 'flannel', daemonSet: 'kube-flannel-ds', hostNetwork: true },
  { name: 'coredns', daemonSet: 'coredns', hostNetwork: false },
] as const;
type Addon = (typeof ADDONS)[number];
const PODS = '/api/v1/namespaces/kube-system/pods';
const DAEMON_SETS = '/apis/apps/v1/namespaces/kube-system/daemonsets';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
/** kube-controller-manager's --node-monitor-grace-period and --node-monitor-period. */
const GRACE_MS = 40_000;
const LOOK_MS = 5000;
const RETRY_MS = 1000;
/** Node pools and DaemonSets are counted when nodes have been quiet for as long. */
const QUIET_MS = 200;
const POOLS = '/apis/apps.openyurt.io/v1beta1/nodepools';
const POOL_LABEL = 'apps.openyurt.io/nodepool';

export interface ClusterParts {
  readonly client: ApiClient;
  readonly store: Store;
  /** `10.244.0.0/16`; each node gets a /24 of it. */
  readonly podCidr: string;
  readonly log: (line: string) => void;
}

interface NodePool {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly readyNodeNum?: number;
    readonly unreadyNodeNum?: number;
    readonly nodes?: readonly string[];
  };
}

/**
 * The few controllers without which nodes would not become what they become in a real cluster: a Pod CIDR for each
 * node, the add-ons' DaemonSets and their pods, Unknown for a node whose lease is not renewed, and the nodes of a NodePool.
 */
export class Controllers {
  readonly #parts: ClusterParts;
  readonly #stop = new AbortController();
  readonly #loops: Promise<unknown>;
  #counting: NodeJS.Timeout | undefined;
  /** The add-ons that a node was last seen with, by its uid. */
  readonly #scheduled = new Map<string, readonly Addon[]>();

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.#loops = Promise.all([this.#followNodes(), this.#watchLeases()]);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#counting);
    await this.#loops;
  }

  async #followNodes(): Promise<void> {
    const { client } = this.#parts;
    while (!this.#stop.signal.aborted) {
      await this.#try('watching nodes', async () => {
        for await (const { type, object } of client.watch<V1Node>('/api/v1/nodes?watch=true', this.#stop.signal)) {
          if (type === 'DELETED') await this.#try('clearing up', () => this.#forget(object));
          if (type === 'ADDED' || type === 'MODIFIED') await this.#try('a node', () => this.#prepareNode(object));
          clearTimeout(this.#counting);
          this.#counting = setTimeout(() => void this.#try('counting nodes', () => this.#countNodes()), QUIET_MS);
        }
      });
      await this.#pause(RETRY_MS);
    }
  }

  async #prepareNode({ metadata, spec }: V1Node): Promise<void> {
    const { client, store, podCidr } = this.#parts;
    const { name = '', uid = '', labels } = metadata ?? {};
    const before = this.#scheduled.get(uid);
    if (!before && !spec?.podCIDR) {
      const own = podCidr.replace(/^(\d+\.\d+)\..*$/, `$1.${store.next('pod-cidr') % 256}.0/24`);
      await client.patch(`/api/v1/nodes/${name}`, { spec: { podCIDR: own, podCIDRs: [own] } });
    }
    const wanted = ADDONS.filter((addon) => allowsAddon(labels, addon.name));
    this.#scheduled.set(uid, wanted);
    for (const addon of ADDONS) {
      if (wanted.includes(addon) === before?.includes(addon)) continue;
      const pod = addonPod(addon, await this.#daemonSet(addon), name, uid);
      const path = `${PODS}/${pod.metadata?.name}`;
      const found = await client.find<V1Pod>(path);
      if (wanted.includes(addon) && !found) await client.create(PODS, pod);
      if (!wanted.includes(addon) && found) await client.delete(`${path}?gracePeriodSeconds=0`);
    }
  }

  async #daemonSet(addon: Addon): Promise<V1DaemonSet> {
    const { client } = this.#parts;
    const found = await client.find<V1DaemonSet>(`${DAEMON_SETS}/${addon.daemonSet}`);
    return found ?? (await client.create<V1DaemonSet>(DAEMON_SETS, addonDaemonSet(addon))) ?? addonDaemonSet(addon);
  }

  async #countNodes(): Promise<void> {
    const { items } = await this.#parts.client.get<{ items: V1Node[] }>('/api/v1/nodes');
    await this.#countPools(items);
    for (const addon of ADDONS) await this.#countPods(addon, items);
  }

  async #countPods(addon: Addon, nodes: readonly V1Node[]): Promise<void> {
    const daemonSet = await this.#daemonSet(addon);
    const own = nodes.filter(({ metadata }) => allowsAddon(metadata?.labels, addon.name));
    const [desired, available] = [own.length, own.filter(isReady).length];
    const status = {
      observedGeneration: daemonSet.metadata?.generation,
      currentNumberScheduled: desired,
      desiredNumberScheduled: desired,
      numberMisscheduled: 0,
      numberReady: available,
      numberAvailable: available,
      numberUnavailable: desired - available,
      updatedNumberScheduled: desired,
    };
    if (!isDeepStrictEqual(status, daemonSet.status))
      await this.#parts.client.patch(`${DAEMON_SETS}/${addon.daemonSet}/status`, { status });
  }

  async #countPools(nodes: readonly V1Node[]): Promise<void> {
    const { client } = this.#parts;
    const pools = await client.get<{ items: NodePool[] }>(POOLS);
    for (const { metadata, status } of pools.items) {
      const own = nodes.filter((node) => node.metadata?.labels?.[POOL_LABEL] === metadata.name);
      const readyNodeNum = own.filter(isReady).length;
      const wanted = { readyNodeNum, unreadyNodeNum: own.length - readyNodeNum, nodes: own.map(nameOf).sort() };
      const { unreadyNodeNum = 0, nodes: named = [] } = status ?? {};
      const found = { readyNodeNum: status?.readyNodeNum ?? 0, unreadyNodeNum, nodes: named };
      if (!isDeepStrictEqual(wanted, found)) await client.patch(`${POOLS}/${metadata.name}/status`, { status: wanted });
    }
  }

  /** As the garbage collector does for a Node that was deleted; its node pool has the place again. */
  async #forget({ metadata }: V1Node): Promise<void> {
    const { client, store } = this.#parts;
    store.delete(KIND.node, metadata?.name ?? '');
    this.#scheduled.delete(metadata?.uid ?? '');
    const selector = encodeURIComponent(`spec.nodeName=${metadata?.name}`);
    const { items } = await client.get<{ items: V1Pod[] }>(`/api/v1/pods?fieldSelector=${selector}`);
    for (const { metadata: pod } of items)
      await client.delete(`/api/v1/namespaces/${pod?.namespace}/pods/${pod?.name}?gracePeriodSeconds=0`);
    await client.delete(`${LEASES}/${metadata?.name}`);
  }

  /** Nodes that come back after a restart of the sandbox have their time first. */
  async #watchLeases(): Promise<void> {
    const { client } = this.#parts;
    await this.#pause(GRACE_MS);
    while (!this.#stop.signal.aborted) {
      await this.#try('looking at leases', async () => {
        const [nodes, leases] = await Promise.all([
          client.get<{ items: V1Node[] }>('/api/v1/nodes'),
          client.get<{ items: V1Lease[] }>(LEASES),
        ]);
        for (const node of nodes.items) {
          const lease = leases.items.find(({ metadata }) => metadata?.name === node.metadata?.name);
          const renewed = Date.parse(String(lease?.spec?.renewTime ?? node.metadata?.creationTimestamp));
          if (Date.now() - renewed > GRACE_MS) await this.#markUnknown(node);
        }
      });
      await this.#pause(LOOK_MS);
    }
  }

  /** A node that said itself that it leaves keeps its word. */
  async #markUnknown({ metadata, status }: V1Node): Promise<void> {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status !== 'True') return;
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const unknown = {
      ...ready,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: now,
    };
    const conditions = (status?.conditions ?? []).map((each) => (each === ready ? unknown : each));
    await this.#parts.client.patch(`/api/v1/nodes/${metadata?.name}/status`, { status: { conditions } });
  }

  async #try(what: string, action: () => Promise<void>): Promise<void> {
    await action().catch((error: Error) => {
      if (!this.#stop.signal.aborted) this.#parts.log(`${what}: ${error.message}`);
    });
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => {});
  }
}

function nameOf({ metadata }: V1Node): string {
  return metadata?.name ?? '';
}

function isReady({ status }: V1Node): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
}

function addonDaemonSet(addon: Addon): V1DaemonSet {
  const { labels, spec } = addonTemplate(addon);
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: addon.daemonSet, namespace: 'kube-system', labels },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

/** Named after the node, so that it is found again without looking through all pods. */
function addonPod(addon: Addon, { metadata }: V1DaemonSet, nodeName: string, uid: string): V1Pod {
  const { labels, spec } = addonTemplate(addon);
  const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: addon.daemonSet, uid: metadata?.uid ?? '' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${addon.daemonSet}-${sha256Of(uid).slice(0, 8)}`,
      namespace: 'kube-system',
      labels,
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
    },
    spec: { ...spec, nodeName },
  };
}

function addonTemplate({ name, hostNetwork }: Addon) {
  return {
    labels: { 'k8s-app': name },
    spec: { hostNetwork, containers: [{ name, image: `sandbox.invalid/${name}:sandbox` }] },
  };
}
