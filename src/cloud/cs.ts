import type { NodePoolRuntime, NodePoolSpec } from '../config/node-pool.ts';
import { INTERCONNECT_MODES } from '../config/nodepool-rules.ts';
import { registerSecret } from '../lib/redact.ts';
import type { CloudCluster } from './actions/clusters.ts';
import type { CloudNode, CloudNodePool, NodePoolChangeBody, NodePoolUpgradeBody } from './actions/node-pools.ts';
import { type AnswerOf, actionCaller } from './call-action.ts';
import { type CloudCaller, type OpenCallerOptions, openCaller } from './caller.ts';
import { type AddonVerbs, addonVerbs } from './cs-addons.ts';
import { type ClusterVerbs, clusterVerbs } from './cs-clusters.ts';
import { type NodeVerbs, nodeVerbs } from './cs-nodes.ts';
import { type TaskVerbs, taskVerbs } from './cs-tasks.ts';
import { allPages } from './pages.ts';

interface AttachScriptOptions {
  readonly nodePoolId: string;
  readonly arch: 'amd64' | 'arm' | 'arm64';
  /** The node specification as JSON. */
  readonly nodeSpec: string;
  /** UNIX seconds; absent: an hour from now. */
  readonly expires?: number;
  /** Whether the token in the script is for one node alone. */
  readonly oneTime?: boolean;
}

interface KubeconfigOptions {
  readonly minutes: number;
  /** The address of the API server in the VPC instead of the public one. */
  readonly privateAddress?: boolean;
}

interface RepairOrder {
  /** None: all nodes of the pool. */
  readonly nodes: readonly string[];
  /** `restart.kubelet`; none: all that the service knows. */
  readonly operations: readonly string[];
}

/** The part of the container service that edgeadm uses. What its verbs throw: see {@link CloudCaller}. */
export interface ContainerService extends TaskVerbs, AddonVerbs, NodeVerbs, ClusterVerbs {
  readonly endpoint: string;
  cluster(clusterId: string): Promise<CloudCluster>;
  nodePools(clusterId: string): Promise<CloudNodePool[]>;
  /** @param nodePoolId only nodes of this pool */
  nodes(clusterId: string, nodePoolId?: string): Promise<CloudNode[]>;
  /** How many nodes a cluster of this account may have; undefined if the service does not say. */
  nodeQuota(): Promise<number | undefined>;
  /** @returns id of the task, if the service tells it */
  createNodePool(clusterId: string, spec: NodePoolSpec): Promise<string | undefined>;
  /** @returns id of the task, if the service tells it */
  changeNodePool(clusterId: string, nodePoolId: string, body: NodePoolChangeBody): Promise<string | undefined>;
  /** @returns id of the task, if the service tells it */
  upgradeNodePool(clusterId: string, nodePoolId: string, body: NodePoolUpgradeBody): Promise<string | undefined>;
  /** @returns id of the task, if the service tells it */
  repairNodePool(clusterId: string, nodePoolId: string, order: RepairOrder): Promise<string | undefined>;
  /** @returns id of the task, if the service tells it */
  deleteNodePool(clusterId: string, nodePoolId: string): Promise<string | undefined>;
  /** The line to run on a node; its token is registered as a secret. */
  attachScript(clusterId: string, options: AttachScriptOptions): Promise<string>;
  /** A kubeconfig that is valid for a few minutes (15 at least), with all of its credentials in it. */
  kubeconfig(clusterId: string, options: KubeconfigOptions): Promise<string>;
}

/** As the API spells them. Source: the SDK's CreateClusterNodePoolRequest. */
export const RUNTIMES: Readonly<Record<NodePoolRuntime, string>> = {
  containerd: 'containerd',
  docker: 'docker',
  sandboxed: 'Sandboxed-Container.runv',
};

const PAGE_SIZE = 100;
const NODE_KEY = ({ nodeName, instanceId }: CloudNode): string => `${nodeName}/${instanceId ?? ''}`;

/** The container service of a region, with the account's credentials. @throws EdgeadmError see {@link openCaller} */
export async function openContainerService({
  signal,
  ...options
}: Omit<OpenCallerOptions, 'product'> & { readonly signal?: AbortSignal }): Promise<ContainerService> {
  return containerService(await openCaller({ ...options, product: 'cs' }), signal);
}

export function containerService(caller: CloudCaller, signal?: AbortSignal): ContainerService {
  const call = actionCaller(caller, signal);
  const { endpoint } = caller;
  return {
    endpoint,
    cluster: (ClusterId) => call('DescribeClusterDetail', { ClusterId }),
    nodePools: async (ClusterId) => (await call('DescribeClusterNodePools', { ClusterId })).nodepools ?? [],
    nodes: (ClusterId, nodePoolId) =>
      allPages({ endpoint, action: 'DescribeClusterNodes', size: PAGE_SIZE, key: NODE_KEY }, async (pageNumber) => {
        const query = { pageSize: PAGE_SIZE, pageNumber, nodepool_id: nodePoolId };
        const { nodes, page } = await call('DescribeClusterNodes', { ClusterId, query });
        return { items: nodes ?? [], total: page?.totalCount };
      }),
    nodeQuota: async () => nodeQuotaIn(await call('DescribeUserQuota', {})),
    createNodePool: async (ClusterId, spec) =>
      (await call('CreateClusterNodePool', { ClusterId, body: createRequest(spec) })).taskId,
    changeNodePool: async (ClusterId, NodepoolId, body) =>
      (await call('ModifyClusterNodePool', { ClusterId, NodepoolId, body })).taskId,
    upgradeNodePool: async (ClusterId, NodepoolId, body) =>
      (await call('UpgradeClusterNodepool', { ClusterId, NodepoolId, body })).taskId,
    repairNodePool: async (ClusterId, NodepoolId, { nodes, operations }) => {
      const body = {
        ...(nodes.length > 0 && { nodes }),
        ...(operations.length > 0 && { operations: operations.map((id) => ({ operation_id: id })) }),
      };
      return (await call('RepairClusterNodePool', { ClusterId, NodepoolId, body })).taskId;
    },
    deleteNodePool: async (ClusterId, NodepoolId) =>
      (await call('DeleteClusterNodepool', { ClusterId, NodepoolId, query: { force: false } })).taskId,
    attachScript: async (ClusterId, { nodePoolId, arch, nodeSpec, expires, oneTime }) => {
      const body = {
        nodepool_id: nodePoolId,
        arch,
        options: nodeSpec,
        expired: expires,
        one_time_token: oneTime || undefined,
      };
      return scriptOf(await call('DescribeClusterAttachScripts', { ClusterId, body }));
    },
    kubeconfig: async (ClusterId, { minutes, privateAddress }) => {
      const query = { TemporaryDurationMinutes: minutes, PrivateIpAddress: privateAddress || undefined };
      return (await call('DescribeClusterUserKubeconfig', { ClusterId, query })).config;
    },
    ...taskVerbs(call, endpoint),
    ...addonVerbs(call),
    ...nodeVerbs(call),
    ...clusterVerbs(call, endpoint),
  };
}

function createRequest({ name, mode, maxNodes, runtime, labels, taints, ofService = {} }: NodePoolSpec) {
  const { intranet, hostNetwork, resourceGroup, unschedulable } = ofService;
  return {
    nodepool_info: { name, type: 'edge' as const, resource_group_id: resourceGroup },
    intranet,
    host_network: hostNetwork,
    max_nodes: maxNodes,
    interconnect_mode: INTERCONNECT_MODES[mode],
    kubernetes_config: {
      ...(runtime && { runtime: RUNTIMES[runtime] }),
      unschedulable,
      labels: Object.entries(labels).map(([key, value]) => ({ key, value })),
      taints,
    },
  };
}

/**
 * `quotas` takes precedence if it is there; its keys are not documented, and neither are the codes in it. No quota is
 * better than a wrong one, which refuses nodes. Source: the SDK, DescribeUserQuota.
 */
function nodeQuotaIn({ quotas, nodeQuota }: AnswerOf<'DescribeUserQuota'>): number | undefined {
  if (!quotas || Object.keys(quotas).length === 0) return nodeQuota;
  const ofNodes = Object.entries(quotas).filter(([key, value]) => /node(?!_?pool)/i.test(value.operationCode || key));
  const numbers = ofNodes.map(([, { quota }]) => Number(quota)).filter((quota) => quota > 0);
  return numbers.length > 0 ? Math.max(...numbers) : undefined;
}

function scriptOf(script: string): string {
  const token = /--openapi-token[= ]"?([^\s"']+)/.exec(script)?.[1];
  registerSecret(token);
  return script.trim();
}
