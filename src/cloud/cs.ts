import type {
  DescribeClusterDetailResponseBody,
  DescribeClusterNodePoolsResponseBodyNodepools,
  DescribeClusterNodesResponseBodyNodes,
  DescribeUserQuotaResponseBody,
} from '@alicloud/cs20151215';
import type { z } from 'zod';
import type { NodePoolRuntime, NodePoolSpec } from '../config/node-pool.ts';
import { INTERCONNECT_MODES } from '../config/nodepool-rules.ts';
import { EdgeadmError } from '../errors/index.ts';
import { registerSecret } from '../lib/redact.ts';
import type { CloudCall } from './call.ts';
import { type CloudCaller, type OpenCallerOptions, openCaller } from './caller.ts';
import { CS_ANSWERS, ORDER_ANSWER } from './cs-answers.ts';
import { type TaskVerbs, taskVerbs } from './cs-tasks.ts';
import { allPages } from './pages.ts';

export type CloudCluster = DescribeClusterDetailResponseBody;
export type CloudNodePool = DescribeClusterNodePoolsResponseBodyNodepools;
export type CloudNode = DescribeClusterNodesResponseBodyNodes;

interface AttachScriptOptions {
  readonly nodePoolId: string;
  readonly arch: 'amd64' | 'arm' | 'arm64';
  /** The node specification as JSON. */
  readonly nodeSpec: string;
  /** UNIX seconds; absent: an hour from now. */
  readonly expires?: number;
}

interface KubeconfigOptions {
  readonly minutes: number;
  /** The address of the API server in the VPC instead of the public one. */
  readonly privateAddress?: boolean;
}

/** The part of the container service that edgeadm uses. What its verbs throw: see {@link CloudCaller}. */
export interface ContainerService extends TaskVerbs {
  readonly endpoint: string;
  cluster(clusterId: string): Promise<CloudCluster>;
  nodePools(clusterId: string): Promise<CloudNodePool[]>;
  nodes(clusterId: string): Promise<CloudNode[]>;
  /** How many nodes a cluster of this account may have; undefined if the service does not say. */
  nodeQuota(): Promise<number | undefined>;
  /** @returns id of the task, if the service tells it */
  createNodePool(clusterId: string, spec: NodePoolSpec): Promise<string | undefined>;
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

/** Its answer is the script itself, and each has a new token. */
const ATTACH_SCRIPT = 'DescribeClusterAttachScripts';

const PAGE_SIZE = 100;

/** The container service of a region, with the account's credentials. @throws EdgeadmError see {@link openCaller} */
export async function openContainerService({
  signal,
  ...options
}: Omit<OpenCallerOptions, 'product'> & { readonly signal?: AbortSignal }): Promise<ContainerService> {
  return containerService(await openCaller({ ...options, product: 'cs' }), signal);
}

/**
 * Paths, fields and types are those of the vendor's SDK; its requests go through our caller, which has the time limits,
 * tries reads again and orders never (the SDK's own limit of 3 s would make every slow order an ambiguous one).
 */
async function containerService(caller: CloudCaller, signal?: AbortSignal): Promise<ContainerService> {
  const { default: sdk } = await import('@alicloud/cs20151215');
  class Client extends sdk.default {
    override async callApi(...[params, request]: Parameters<InstanceType<typeof sdk.default>['callApi']>) {
      const { action, pathname: path, method } = params as { action: string; pathname: string; method: 'GET' };
      const sent = { action, path, method, parameters: request.query, body: request.body as object | undefined };
      const call: CloudCall = action === ATTACH_SCRIPT ? { ...sent, answer: 'text', makes: true } : sent;
      const body = isOrder(call)
        ? ORDER_ANSWER.parse(await caller.order(call))
        : await caller.read({ ...call, signal }, shapeOf(action));
      return { body, headers: {}, statusCode: 200 };
    }
  }
  const client = new Client({ endpoint: caller.endpoint } as ConstructorParameters<typeof sdk.default>[0]);
  return {
    endpoint: caller.endpoint,
    cluster: async (id) => present((await client.describeClusterDetail(id)).body, 'the cluster'),
    nodePools: async (id) =>
      (await client.describeClusterNodePools(id, new sdk.DescribeClusterNodePoolsRequest())).body?.nodepools ?? [],
    nodes: (id) =>
      allPages({ endpoint: caller.endpoint, action: 'DescribeClusterNodes', size: PAGE_SIZE }, async (number) => {
        const request = new sdk.DescribeClusterNodesRequest({ pageSize: `${PAGE_SIZE}`, pageNumber: `${number}` });
        const { nodes, page } = (await client.describeClusterNodes(id, request)).body ?? {};
        return { items: nodes ?? [], total: page?.totalCount };
      }),
    nodeQuota: async () => nodeQuotaIn((await client.describeUserQuota()).body ?? {}),
    createNodePool: async (id, spec) => {
      const request = new sdk.CreateClusterNodePoolRequest(createRequest(spec));
      return (await client.createClusterNodePool(id, request)).body?.taskId;
    },
    deleteNodePool: async (id, nodePoolId) => {
      const request = new sdk.DeleteClusterNodepoolRequest({ force: false });
      return (await client.deleteClusterNodepool(id, nodePoolId, request)).body?.taskId;
    },
    attachScript: async (id, { nodePoolId: nodepoolId, arch, nodeSpec, expires }) => {
      const fields = { nodepoolId, arch, options: nodeSpec, expired: expires };
      const { body } = await client.describeClusterAttachScripts(
        id,
        new sdk.DescribeClusterAttachScriptsRequest(fields),
      );
      return scriptOf(present(body, 'the script'));
    },
    kubeconfig: async (id, { minutes, privateAddress }) => {
      const fields = { temporaryDurationMinutes: minutes, ...(privateAddress && { privateIpAddress: true }) };
      const request = new sdk.DescribeClusterUserKubeconfigRequest(fields);
      const { body } = await client.describeClusterUserKubeconfig(id, request);
      return present(body?.config, 'a kubeconfig');
    },
    ...taskVerbs(sdk, client, caller.endpoint),
  };
}

/** What changes something. A script is requested by POST, and its answer is what matters. */
function isOrder({ method, action }: CloudCall): boolean {
  return method !== 'GET' && action !== ATTACH_SCRIPT;
}

function shapeOf(action: string): z.ZodType {
  const shape = CS_ANSWERS[action];
  if (!shape) throw new Error(`no shape for the answer of ${action} in cs-answers.ts`);
  return shape;
}

function createRequest(spec: NodePoolSpec): object {
  const { name, mode, maxNodes, runtime, labels, taints } = spec;
  return {
    nodepoolInfo: { name, type: 'edge' },
    maxNodes,
    interconnectMode: INTERCONNECT_MODES[mode],
    kubernetesConfig: {
      ...(runtime && { runtime: RUNTIMES[runtime] }),
      labels: Object.entries(labels).map(([key, value]) => ({ key, value })),
      taints,
    },
  };
}

/**
 * `quotas` takes precedence if it is there; its keys are not documented, and neither are the codes in it. No quota is
 * better than a wrong one, which refuses nodes. Source: the SDK, DescribeUserQuota.
 */
function nodeQuotaIn({
  quotas,
  nodeQuota,
}: Pick<DescribeUserQuotaResponseBody, 'quotas' | 'nodeQuota'>): number | undefined {
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

function present<T>(value: T | undefined, what: string): T {
  if (value !== undefined && value !== null && value !== '') return value;
  throw new EdgeadmError({ code: 'CLOUD_FAILED', what: `the container service did not return ${what}` });
}
