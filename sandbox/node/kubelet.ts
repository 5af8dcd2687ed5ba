import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Node, V1NodeList, V1Pod } from '@kubernetes/client-node';
import { readFacts } from '../../src/host/facts.ts';
import type { HostFacts } from '../../src/host/host-facts.ts';
import type { Machine } from '../../src/host/machine.ts';
import { ApiClient } from '../../src/kubernetes/api/client.ts';
import { allowsAddon } from '../addon-label.ts';
import { recordEvent } from './events.ts';
import { type Pressure, pressuresOf } from './eviction.ts';
import { type KubeletRunSettings, readRunSettings } from './kubelet-settings.ts';
import { renewLease } from './lease.ts';
import { nextChange } from './next-change.ts';
import { initialNode, nodeStatus, ownLabels } from './node-object.ts';
import { NodePods } from './pods.ts';
import type { NodePorts, ServedPort } from './ports.ts';

/** As kubelets do it: @see https://kubernetes.io/docs/reference/node/node-status/#heartbeats */
const LEASE_MS = 10_000;
const STATUS_MS = 300_000;
const RETRY_MS = [200, 5000] as const;
/** How often manifests and CNI configuration are checked if no event tells. */
const LOOK_MS = 2000;
/** How often mirror pods and status are checked if no event tells. */
const PAUSE_MS = 10_000;
const HEALTH_PORT = 10_248;
/** How long the first status waits for the cluster's CNI configuration, and how often it is looked for. */
const CNI_GRACE_MS = 5000;
const CNI_LOOK_MS = 50;

export interface KubeletParts {
  /** The scratch root. */
  readonly machine: Machine;
  readonly ports: NodePorts;
  /** The words after the program's. */
  readonly args: readonly string[];
  /** `v1.20.2` */
  readonly version: string;
  /** True if the cluster schedules its add-ons onto nodes. */
  readonly hasAddons?: boolean;
  readonly log: (severity: 'I' | 'W' | 'E' | 'F', line: string) => void;
}

/**
 * The small kubelet of a sandbox node. It does what the files that edgeadm wrote say: registers the Node, renews its
 * lease, starts static pods, says that the cluster's pods run. It goes through the edge-hub if its kubeconfig does.
 */
export class SandboxKubelet {
  readonly #parts: KubeletParts;
  readonly #settings: KubeletRunSettings;
  readonly #facts: HostFacts;
  readonly #client: ApiClient;
  readonly #pods: NodePods;
  readonly #stop = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();
  #health: ServedPort | undefined;
  /** What the API server has of the Node; undefined until it is registered. */
  #node: V1Node | undefined;
  #pressures: readonly Pressure[] = [];
  /** Resolved when there is something to tell the API server at once. */
  #news = Promise.withResolvers<void>();

  private constructor(parts: KubeletParts, settings: KubeletRunSettings, facts: HostFacts) {
    const { machine, ports, log } = parts;
    const { nodeName, nodeIp, connection } = settings;
    this.#parts = parts;
    this.#settings = settings;
    this.#facts = facts;
    this.#client = new ApiClient(connection, (address, options) => machine.connect(address, options));
    this.#pods = new NodePods({ machine, ports, nodeName, nodeIp, error: (line) => log('E', line) });
  }

  /** @throws KubeletFault if a kubelet would exit over its flags or files */
  static async start(parts: KubeletParts): Promise<SandboxKubelet> {
    const { machine, args, version } = parts;
    const facts = await readFacts(machine);
    const settings = await readRunSettings(machine, args, { version, hostname: facts.hostname });
    const kubelet = new SandboxKubelet(parts, settings, facts);
    kubelet.#health = await parts.ports.serve(HEALTH_PORT, (incoming, outgoing) =>
      incoming.url === '/healthz' ? outgoing.end('ok') : outgoing.writeHead(404).end(),
    );
    kubelet.#loops = Promise.all([kubelet.#watchFiles(), kubelet.#live()]).catch((error: Error) =>
      parts.log('E', error.message),
    );
    return kubelet;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#client.close();
    await this.#loops;
    await this.#pods.stop();
    await this.#health?.close();
  }

  /** Static pods run whether the API server answers or not. */
  async #watchFiles(): Promise<void> {
    const { machine } = this.#parts;
    const { staticPodPath } = this.#settings;
    if (!staticPodPath) return;
    while (!this.#stop.signal.aborted) {
      const changed = nextChange(join(machine.name, resolve('/', staticPodPath)), LOOK_MS);
      await this.#try('static pods', () => this.#pods.syncStatic(staticPodPath));
      await Promise.race([changed, this.#pause(LOOK_MS)]);
    }
  }

  async #live(): Promise<void> {
    await this.#retry('registering the node', () => this.#register());
    const loops = [this.#renewLease(), this.#followNode(), this.#followPods()];
    await this.#cniOfCluster();
    // A command that waits for the Ready node sees its static pods then.
    await this.#mirrorPods();
    await this.#retry('updating the node status', () => this.#sendStatus());
    await Promise.all([...loops, this.#reportStatus()]);
  }

  /**
   * In a sandbox the pod of Flannel runs within a fraction of a second. The first status waits for it, so that a join
   * ends with a Ready node, and `get nodes` after it always shows the same. Returns at once if Flannel is kept off the
   * node.
   */
  async #cniOfCluster(): Promise<void> {
    if (!this.#parts.hasAddons || !allowsAddon(this.#node?.metadata?.labels, 'flannel')) return;
    const until = performance.now() + CNI_GRACE_MS;
    while (!this.#stop.signal.aborted && performance.now() < until && !(await this.#hasCni()))
      await this.#pause(CNI_LOOK_MS);
  }

  async #register(): Promise<void> {
    const { nodeName } = this.#settings;
    const path = `/api/v1/nodes/${nodeName}`;
    const signal = this.#stop.signal;
    const found = await this.#client.find<V1Node>(path, { signal });
    // Labels and taints of the flags count only when the object is made.
    const node =
      found ??
      (await this.#client.create<V1Node>('/api/v1/nodes', initialNode(this.#settings, this.#facts), { signal }));
    const labels = ownLabels(nodeName, this.#facts.arch);
    const differs = Object.entries(labels).some(([key, value]) => found?.metadata?.labels?.[key] !== value);
    if (found && differs) await this.#client.patch(path, { metadata: { labels } }, { signal });
    if (!this.#node) this.#parts.log('I', `Successfully registered node ${nodeName}`);
    this.#node = node;
  }

  async #sendStatus(): Promise<void> {
    const path = `/api/v1/nodes/${this.#settings.nodeName}`;
    const signal = this.#stop.signal;
    const current = await this.#client.find<V1Node>(path, { signal });
    if (!current) throw new Error(`node "${this.#settings.nodeName}" not found`);
    const kubeletVersion = this.#parts.version;
    const hasCni = await this.#hasCni();
    const pressures = this.#pressures;
    const known = { kubeletVersion, hasCni, pressures, before: current.status };
    const status = nodeStatus(this.#settings, this.#facts, known);
    // Conditions that others set stay.
    const contentType = 'application/strategic-merge-patch+json';
    this.#node = await this.#client.patch<V1Node>(`${path}/status`, { status }, { signal, contentType });
  }

  async #hasCni(): Promise<boolean> {
    const names = await this.#parts.machine.list('/etc/cni/net.d').catch(() => []);
    return names.some((name) => /\.(conf|conflist|json)$/.test(name));
  }

  async #retry(what: string, action: () => Promise<void>): Promise<void> {
    let pause: number = RETRY_MS[0];
    while (!this.#stop.signal.aborted && !(await this.#try(what, action))) {
      await this.#pause(pause);
      pause = Math.min(pause * 2, RETRY_MS[1]);
    }
  }

  async #renewLease(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#try('renewing the lease', () => renewLease(this.#client, this.#settings.nodeName));
      await this.#pause(LEASE_MS);
    }
  }

  /** What it evicts pods for, and tells the cluster of: @returns true if that has changed. */
  async #lookForPressure(): Promise<boolean> {
    const { machine, log } = this.#parts;
    const before = this.#pressures;
    this.#pressures = await pressuresOf(machine, this.#settings.evictionHard);
    const fresh = this.#pressures.filter(({ type }) => !before.some((each) => each.type === type));
    for (const { resource } of this.#pressures) log('W', `eviction manager: must evict pod(s) to reclaim ${resource}`);
    for (const { reason, resource } of fresh) {
      const node = { kind: 'Node' as const, name: this.#settings.nodeName, uid: this.#settings.nodeName };
      const condition = {
        reason: `Node${reason.slice(7)}`,
        type: 'Normal' as const,
        message: `Node ${node.name} status is now: Node${reason.slice(7)}`,
      };
      const attempt = {
        reason: 'EvictionThresholdMet',
        type: 'Warning' as const,
        message: `Attempting to reclaim ${resource}`,
      };
      for (const event of [condition, attempt]) await this.#try('events', () => recordEvent(this.#client, node, event));
    }
    return fresh.length > 0 || before.length !== this.#pressures.length;
  }

  #saysReady(): boolean {
    return readyOf(this.#node)?.status === 'True';
  }

  /** At once when it changes, and every five minutes. A Node that was deleted is registered again. */
  async #reportStatus(): Promise<void> {
    let sent = performance.now();
    while (!this.#stop.signal.aborted) {
      this.#news = Promise.withResolvers();
      const changed = nextChange(join(this.#parts.machine.name, '/etc/cni/net.d'), PAUSE_MS);
      const due = performance.now() - sent > STATUS_MS;
      const pressed = await this.#lookForPressure();
      if (pressed || (await this.#hasCni()) !== this.#saysReady() || due || !hasOwnStatus(this.#node)) {
        await this.#try('updating the node status', async () => {
          await this.#register();
          await this.#sendStatus();
          sent = performance.now();
        });
      }
      await this.#mirrorPods();
      const [pressure] = this.#pressures;
      if (pressure) await this.#try('evicting pods', () => this.#pods.evictAll(this.#client, pressure));
      await Promise.race([changed, this.#news.promise, this.#pause(PAUSE_MS)]);
    }
  }

  async #mirrorPods(): Promise<void> {
    const node = this.#node;
    if (node) await this.#try('mirror pods', () => this.#pods.mirror(this.#client, node));
  }

  /** Notices when the Node is deleted or changed. */
  async #followNode(): Promise<void> {
    const selector = encodeURIComponent(`metadata.name=${this.#settings.nodeName}`);
    while (!this.#stop.signal.aborted) {
      await this.#try('watching the node', async () => {
        const own = `/api/v1/nodes?fieldSelector=${selector}`;
        const { items, metadata } = await this.#client.get<V1NodeList>(own, { signal: this.#stop.signal });
        this.#setNode(items[0]);
        const path = `${own}&watch=true&timeoutSeconds=300&resourceVersion=${metadata?.resourceVersion}`;
        for await (const { type, object } of this.#client.watch<V1Node>(path, this.#stop.signal)) {
          if (type !== 'ERROR') this.#setNode(type === 'DELETED' ? undefined : object);
        }
      });
      await this.#pause(RETRY_MS[0]);
    }
  }

  #setNode(node: V1Node | undefined): void {
    this.#node = node;
    if (!hasOwnStatus(node)) this.#news.resolve();
  }

  async #followPods(): Promise<void> {
    const selector = encodeURIComponent(`spec.nodeName=${this.#settings.nodeName}`);
    while (!this.#stop.signal.aborted) {
      await this.#try('watching pods', async () => {
        const path = `/api/v1/pods?watch=true&timeoutSeconds=300&fieldSelector=${selector}`;
        for await (const event of this.#client.watch<V1Pod>(path, this.#stop.signal)) {
          if (event.type !== 'ADDED' && event.type !== 'MODIFIED') continue;
          await this.#try('a pod', () => this.#pods.onPod(this.#client, event.object, this.#node?.spec?.podCIDR));
          if ((await this.#hasCni()) !== this.#saysReady()) this.#news.resolve();
        }
      });
      await this.#pause(RETRY_MS[0]);
    }
  }

  /** What fails is logged and tried again later. */
  async #try(what: string, action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#parts.log('E', `${what}: ${(error as Error).message}`);
      return false;
    }
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => {});
  }
}

function readyOf(node: V1Node | undefined) {
  return node?.status?.conditions?.find(({ type }) => type === 'Ready');
}

function hasOwnStatus(node: V1Node | undefined): boolean {
  return /^Kubelet(Not)?Ready$/.test(readyOf(node)?.reason ?? '');
}
