import type { PoolNode } from '../../src/config/node-pool.ts';
import { POOL_ANNOTATIONS } from '../../src/config/nodepool-rules.ts';
import type { Taint } from '../../src/config/spec.ts';
import { localMachine } from '../../src/host/local.ts';
import { ApiClient } from '../../src/kubernetes/api/client.ts';
import { type NodePoolObject, poolVersion, readPoolNodes } from '../../src/kubernetes/api/node-pools.ts';
import { drainNode } from '../../src/kubernetes/drain/drain.ts';
import { generateKey } from '../../src/pki/certificate-request.ts';
import { issueCertificate } from '../../src/pki/issue-certificate.ts';
import { adminKubeconfig, issuerOf, type SandboxPki } from '../pki.ts';
import type { NodePoolRecord } from './records.ts';
import type { CloudParts } from './service.ts';

const MINUTE_MS = 60_000;
const DRAIN_MS = 5000;
/** The user in a kubeconfig that the service issues: the account's owner. */
const USER = { commonName: 'edgeadm sandbox account', organizations: ['system:masters'] };

/** The cluster as the container service sees it: through the API server, like everybody else. */
export interface ManagedCluster {
  nodes(): Promise<PoolNode[]>;
  deleteNode(name: string): Promise<void>;
  deleteNodes(names: readonly string[]): Promise<void>;
  /** Cordons it. */
  cordon(name: string): Promise<void>;
  /** Cordons it and evicts its pods; what has not gone after {@link DRAIN_MS} stays, without an error. */
  drain(name: string): Promise<void>;
  /** Makes the Node of an instance that has no kubelet here. */
  addNode(node: InstanceNode): Promise<void>;
  /** Makes the NodePool object, or brings it up to date. */
  keepPool(pool: NodePoolRecord): Promise<void>;
  deletePool(id: string): Promise<void>;
  /** The ConfigMap that every installation of Flannel has; people and edgeadm know the network plug-in by it. */
  keepFlannel(podCidr: string): Promise<void>;
  /** A kubeconfig of its own, with a new key. @param minutes until its certificate expires */
  kubeconfig(minutes: number, server: string): Promise<string>;
  close(): void;
}

/** No kubelet renews the lease of an instance without a machine. */
const FOREVER = '2099-01-01T00:00:00.000000Z';

/** An instance of the cloud as a node. */
export interface InstanceNode {
  readonly name: string;
  readonly pool: NodePoolRecord;
  /** Empty if it has none. */
  readonly address: string;
  readonly providerId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

export function managedCluster(parts: CloudParts, pki: SandboxPki): ManagedCluster {
  const machine = localMachine();
  const client = new ApiClient(
    { servers: [parts.apiServer], ca: pki.caPem, cert: pki.adminCert, key: pki.adminKey },
    (address, options) => machine.connect(address, options),
  );
  const pools = async (): Promise<string> => `/apis/${await poolVersion(client)}/nodepools`;
  return {
    nodes: () => readPoolNodes(client),
    deleteNode: (name) => client.delete(`/api/v1/nodes/${name}`),
    deleteNodes: async (names) => {
      for (const name of names) await client.delete(`/api/v1/nodes/${name}`);
    },
    cordon: async (name) => void (await client.patch(`/api/v1/nodes/${name}`, { spec: { unschedulable: true } })),
    drain: (name) => drain(client, name),
    addNode: (node) => addNode(client, node),
    keepPool: async (pool) => {
      const object = objectOf(pool, await poolVersion(client));
      const path = await pools();
      const found = await client.find(`${path}/${pool.id}`);
      await (found ? client.patch(`${path}/${pool.id}`, object) : client.create(path, object));
    },
    deletePool: async (id) => client.delete(`${await pools()}/${id}`),
    keepFlannel: async (podCidr) => {
      const path = '/api/v1/namespaces/kube-system/configmaps';
      if (await client.find(`${path}/kube-flannel-cfg`)) return;
      const network = JSON.stringify({ Network: podCidr, Backend: { Type: 'vxlan' } });
      const metadata = { name: 'kube-flannel-cfg', namespace: 'kube-system' };
      await client.create(path, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'net-conf.json': network } });
    },
    close: () => client.close(),
    kubeconfig: (minutes, server) => userKubeconfig(pki, server, { now: parts.now(), minutes }),
  };
}

/** The real service waits for minutes; what it does about pods that cannot go is not documented. */
async function drain(client: ApiClient, name: string): Promise<void> {
  const log = { info() {}, vendor() {}, warning() {}, debug() {}, progress() {} };
  const policy = { force: true, deleteEmptyDirData: true };
  const options = { log, signal: AbortSignal.timeout(DRAIN_MS), timeoutMs: DRAIN_MS, wet: true, policy };
  await drainNode(client, name, options).catch(() => undefined);
}

async function addNode(client: ApiClient, node: InstanceNode): Promise<void> {
  const { name, pool, address, providerId, taints } = node;
  if (await client.find(`/api/v1/nodes/${name}`)) return;
  const labels = {
    ...pool.labels,
    ...node.labels,
    'apps.openyurt.io/nodepool': pool.id,
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/os': 'linux',
  };
  await client.create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: { providerID: providerId, taints: [...taints, ...pool.taints] },
  });
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
  const addresses = address === '' ? [] : [{ type: 'InternalIP', address }];
  await client.patch(`/api/v1/nodes/${name}/status`, { status: { conditions: [ready], addresses } });
  await client.create('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease' },
    spec: { holderIdentity: name, renewTime: FOREVER },
  });
}

/** Nodes name their pool by its id, so that is the object's name. */
function objectOf(pool: NodePoolRecord, apiVersion: string): NodePoolObject {
  const { cenId, ccnId, ccnRegion } = pool.interconnect ?? {};
  const notes: [string, string | undefined][] = [
    [POOL_ANNOTATIONS.maxNodes, pool.maxNodes?.toString()],
    [POOL_ANNOTATIONS.podCidrs, pool.podCidrs.join(',') || undefined],
    [POOL_ANNOTATIONS.cenId, cenId],
    [POOL_ANNOTATIONS.ccnId, ccnId],
    [POOL_ANNOTATIONS.ccnRegion, ccnRegion],
    [POOL_ANNOTATIONS.isDefault, pool.isDefault ? 'true' : undefined],
  ];
  const annotations = Object.fromEntries(notes.filter((note): note is [string, string] => note[1] !== undefined));
  const { id, labels, annotations: nodeAnnotations, taints } = pool;
  return {
    apiVersion,
    kind: 'NodePool',
    metadata: { name: id, annotations },
    spec: { type: 'Edge', labels, annotations: nodeAnnotations, taints },
  };
}

async function userKubeconfig(
  pki: SandboxPki,
  server: string,
  { now, minutes }: { readonly now: number; readonly minutes: number },
): Promise<string> {
  const key = await generateKey();
  const adminCert = issueCertificate(issuerOf(pki), {
    subject: USER,
    publicKey: key.publicKey,
    usages: ['digital signature', 'key encipherment', 'client auth'],
    notBefore: new Date(now - MINUTE_MS),
    notAfter: new Date(now + minutes * MINUTE_MS),
  });
  return adminKubeconfig({ ...pki, adminCert, adminKey: key.privatePem }, server);
}
