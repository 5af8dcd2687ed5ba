import { rm } from 'node:fs/promises';
import { EdgeadmError } from '../src/errors/index.ts';
import { writePrivate } from '../src/host/write-private.ts';
import type { ApiClient } from '../src/kubernetes/api/client.ts';
import { memoize } from '../src/lib/memoize.ts';
import { shownTime } from '../src/lib/shown-time.ts';
import { adminClient } from './admin-client.ts';
import type { SandboxProduct } from './cloud/hosts.ts';
import type { ClusterRecord } from './cloud/records.ts';
import type { Cloud } from './cloud/server.ts';
import type { CloudParts, CloudService } from './cloud/service.ts';
import { runningSandbox, type SandboxFolder, type SandboxState, writeState } from './folder.ts';
import { EDGE_HUB_IMAGE } from './images.ts';
import { keptVersion, sandboxVersion } from './kubernetes-version.ts';
import type { SandboxPki } from './pki.ts';
import { chosenPorts, joinedNodes, keepPorts, lastPorts, type SandboxPorts } from './ports.ts';
import { makePrivateFolder } from './private-files.ts';
import type { Store } from './store.ts';

export interface SandboxOptions {
  readonly folder: SandboxFolder;
  /** Of the API server; the cloud has the next one, its ENS the one after. See `chosenPorts` for 0 and undefined. */
  readonly port?: number;
  /** The cloud also answers the actions that the real one switches off. */
  readonly retiredActions?: boolean;
  /** Of Kubernetes: `1.20`, `v1.34.4`. Default: what the sandbox was before, or today's. */
  readonly kubernetesVersion?: string;
  /** Makes a pool of so many cloud nodes, unless there is one. */
  readonly cloudNodes?: number;
  /** Changes in the cloud last so many times as long; 1 by default. */
  readonly slowness?: number;
  /** Takes what goes wrong while it runs. */
  readonly log: (line: string) => void;
}

export interface Sandbox {
  readonly state: SandboxState;
  close(): Promise<void>;
}

/** What is to be closed, the last one first. */
type Closing = (() => void | Promise<void>)[];

/**
 * Starts a sandbox in this process: a Kubernetes API server and a cloud on the loopback address, and the nodes of its
 * folder. What it had when it was last closed, or killed, is there again.
 * @throws EdgeadmError SANDBOX_RUNNING, SANDBOX_PORT_TAKEN
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { folder } = options;
  await refuseSecond(folder);
  await makePrivateFolder(folder.path);
  const closing: Closing = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    return { state: await start(options, closing), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(options: SandboxOptions, closing: Closing): Promise<SandboxState> {
  const { folder, port, log, retiredActions, kubernetesVersion, cloudNodes, slowness } = options;
  const [{ openStore }, { sandboxPki, adminKubeconfig }, { startApiServer }] = await Promise.all([
    import('./store.ts'),
    import('./pki.ts'),
    import('./api-server/index.ts'),
  ]);
  const store = openStore(folder.database);
  closing.push(() => store.close());
  const pki = await sandboxPki(store);
  const requested = kubernetesVersion === undefined ? undefined : sandboxVersion(kubernetesVersion);
  const version = keptVersion(store, requested);
  const before = lastPorts(store);
  const ports = await chosenPorts(store, port);
  const api = await startApiServer({ store, pki, port: ports.apiServer, version }).catch(portTaken(ports.apiServer));
  closing.push(() => api.close());
  await writePrivate(folder.ca, pki.caPem);
  await writePrivate(folder.kubeconfig, adminKubeconfig(pki, api.url));
  const admin = await adminClient(folder);
  closing.push(() => admin.close());
  const inside = { store, pki, admin, version, retiredActions, cloudNodes, slowness };
  const { cloud, ens, cluster } = await openCloud(inside, api.url, ports, closing);
  await attend(inside, { folder, cluster, log }, closing);
  const moved = before && before.apiServer !== api.port ? await joinedNodes(folder, admin) : [];
  keepPorts(store, { apiServer: api.port, cloud: cloud.port, ens: ens.port });
  const { id, region } = cluster;
  const started = new Date().toISOString();
  const state = await writeState(folder, {
    apiServer: api.url,
    kubernetesVersion: version,
    cloud: cloud.url,
    ens: ens.url,
    cluster: { id, region },
    started,
    ...(moved.length > 0 && before && { cutOff: { nodes: moved, port: before.apiServer } }),
  });
  closing.push(() => rm(folder.state, { force: true }));
  return state;
}

/** What the parts of a sandbox share. */
interface Inside {
  readonly store: Store;
  readonly pki: SandboxPki;
  /** Speaks to the API server as its administrator. */
  readonly admin: ApiClient;
  /** Of Kubernetes. */
  readonly version: string;
  readonly retiredActions?: boolean;
  readonly cloudNodes?: number;
  readonly slowness?: number;
}

/** The cloud with its services, and the cluster that it says the API server is. */
async function openCloud(
  { store, pki, admin, version, retiredActions, cloudNodes, slowness }: Inside,
  apiServer: string,
  ports: Pick<SandboxPorts, 'cloud' | 'ens'>,
  closing: Closing,
) {
  const [{ startCloud }, { servingCertificateFor }, { seedCluster, seedClusterObjects: seedInside }, { seedInstance }] =
    await Promise.all([
      import('./cloud/server.ts'),
      import('./pki.ts'),
      import('./cloud/cs-seed.ts'),
      import('./cloud/ens-seed.ts'),
    ]);
  // The answers of the services name the address, which is known once the port is.
  let url = `https://127.0.0.1:${ports.cloud}`;
  const parts: CloudParts = {
    store,
    now: Date.now,
    apiServer,
    caPem: pki.caPem,
    retiredActions,
    slowness,
    get cloud() {
      return url;
    },
  };
  const cluster = seedCluster(store, { version });
  if (cloudNodes !== undefined) (await import('./cloud/cloud-nodes.ts')).seedCloudNodes(store, cluster, cloudNodes);
  seedInstance(store);
  (await import('./cloud/network-records.ts')).seedNetworks(store, cluster.region);
  (await import('./cloud/kms.ts')).seedKeys(store, cluster.region);
  await seedInside(parts, pki);
  const certificateFor = (name: string): string => servingCertificateFor(pki, name);
  const tls = { cert: pki.servingCert, key: pki.servingKey, certificateFor };
  // Loaded by the first request: a sandbox that is only looked at is ready sooner.
  const services = memoize(() => servicesOf(parts, { pki, admin }));
  const open = async (at: number, products: readonly SandboxProduct[]): Promise<Cloud> => {
    const opened = await startCloud({ parts, services, port: at, tls, products }).catch(portTaken(at));
    closing.push(() => opened.close());
    return opened;
  };
  const cloud = await open(ports.cloud, ['cs', 'cs-anony']);
  url = cloud.url;
  const ens = await open(ports.ens, ['ens']);
  return { cloud, ens, cluster };
}

async function servicesOf(parts: CloudParts, { pki, admin }: Pick<Inside, 'pki' | 'admin'>): Promise<CloudService[]> {
  const [{ ensService }, { csService }, { exchangeService }, { exchangeCluster: insideOf }, { ecsService }, networks] =
    await Promise.all([
      import('./cloud/ens.ts'),
      import('./cloud/cs.ts'),
      import('./cloud/exchange.ts'),
      import('./cloud/exchange-cluster.ts'),
      import('./cloud/ecs.ts'),
      import('./cloud/networks.ts'),
    ]);
  const exchange = exchangeService(parts, { ...insideOf(admin), software: { edgeHubImage: EDGE_HUB_IMAGE } });
  return [ensService(parts), csService(parts, pki), ecsService(parts), ...networks.networkServices(parts), exchange];
}

interface Attended {
  readonly folder: SandboxFolder;
  readonly cluster: ClusterRecord;
  readonly log: (line: string) => void;
}

/** Nodes, and the controllers that a cluster has for them. */
async function attend({ store, admin }: Inside, { folder, cluster, log }: Attended, closing: Closing): Promise<void> {
  const [{ runNodeAgents: attendNodes }, { Controllers }] = await Promise.all([
    import('./node/agents.ts'),
    import('./controllers.ts'),
  ]);
  const agents = await attendNodes(folder.nodes, cluster.version);
  closing.push(() => agents.close());
  const controllers = new Controllers({ client: admin, store, podCidr: cluster.podCidr, log });
  closing.push(() => controllers.close());
}

async function refuseSecond(folder: SandboxFolder): Promise<void> {
  const running = await runningSandbox(folder);
  if (!running) return;
  throw new EdgeadmError({
    code: 'SANDBOX_RUNNING',
    what: `the sandbox in ${folder.path} is already running`,
    why: `process ${running.pid}, since ${shownTime(running.started)}, API server ${running.apiServer}`,
  });
}

function portTaken(port: number): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
    throw new EdgeadmError({
      code: 'SANDBOX_PORT_TAKEN',
      what: `the sandbox cannot listen on 127.0.0.1:${port}`,
      why: error.message,
      cause: error,
    });
  };
}
