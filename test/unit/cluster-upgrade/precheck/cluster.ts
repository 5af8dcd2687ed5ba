import type { V1Node } from '@kubernetes/client-node';
import { precheckCluster, type ReportRow, type UpgradeReport } from '../../../../src/cluster-upgrade/precheck/index.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { type ApiAnswer, apiServer } from '../../kubernetes/api-server.ts';

const TARGET = 'v1.20.3';
const SYSTEM = '/apis/apps/v1/namespaces/kube-system';

/** What a test changes of a cluster in which all is well. */
export interface ClusterState {
  readonly target?: string;
  readonly drain?: boolean;
  readonly version?: string;
  readonly nodes?: readonly V1Node[];
  /** Those of the cluster, where they are more than the ones to be upgraded. */
  readonly allNodes?: readonly V1Node[];
  /** Answers by path, with its query or without; undefined is 404. */
  readonly answers?: Readonly<Record<string, ApiAnswer | undefined>>;
  /** `patch nodes`, `create pods/eviction`: what the caller may not do. */
  readonly forbidden?: readonly string[];
}

export interface NodeState {
  readonly version?: string;
  readonly runtime?: string;
  readonly arch?: string;
  readonly os?: string;
  /** Status of the Ready condition, or `offline`. */
  readonly ready?: 'True' | 'False' | 'offline';
  readonly message?: string;
  /** Further conditions that are True. */
  readonly conditions?: readonly string[];
  readonly cordoned?: boolean;
  readonly annotations?: Record<string, string>;
}

export function node(name: string, state: NodeState = {}): V1Node {
  const { version = 'v1.20.2', runtime = 'containerd://1.6.20', arch = 'amd64', os = 'linux', ready = 'True' } = state;
  const status = ready === 'offline' ? 'Unknown' : ready;
  const conditions = [
    { type: 'Ready', status, message: state.message },
    ...(state.conditions ?? []).map((type) => ({ type, status: 'True' })),
  ];
  const nodeInfo = {
    kubeletVersion: version,
    containerRuntimeVersion: runtime,
    architecture: arch,
    operatingSystem: os,
  };
  return {
    metadata: { name, annotations: state.annotations },
    spec: { unschedulable: state.cordoned },
    status: { conditions, nodeInfo: nodeInfo as NonNullable<V1Node['status']>['nodeInfo'] },
  };
}

export const daemonSet = (name: string, desired: number, available: number) => ({
  metadata: { name, namespace: 'kube-system' },
  status: { desiredNumberScheduled: desired, numberAvailable: available },
});

export const deployment = (name: string, replicas: number, available: number) => ({
  metadata: { name, namespace: 'kube-system' },
  spec: { replicas },
  status: { availableReplicas: available },
});

export const list = (...items: object[]) => ({ items });

/** A cluster of kubeadm with two nodes, in which every check is content. */
const HEALTHY: Readonly<Record<string, ApiAnswer>> = {
  [`${SYSTEM}/daemonsets`]: list(daemonSet('kube-proxy', 2, 2)),
  [`${SYSTEM}/deployments`]: list(deployment('coredns', 2, 2)),
  '/apis/apps/v1/namespaces/kube-flannel/daemonsets': list(),
  '/apis/apps/v1/namespaces/kube-flannel/deployments': list(),
  '/api/v1/namespaces/kube-system/pods': list(),
  '/api/v1/namespaces/kube-flannel/pods': list(),
  '/api/v1/namespaces/kube-upgrade/pods': list(),
  '/apis/apiregistration.k8s.io': preferred('apiregistration.k8s.io/v1'),
  '/apis/apiregistration.k8s.io/v1/apiservices': list(),
  '/apis/policy': preferred('policy/v1'),
  '/apis/policy/v1/poddisruptionbudgets': list(),
  '/apis/admissionregistration.k8s.io': preferred('admissionregistration.k8s.io/v1'),
  '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations': list(),
  '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations': list(),
  '/apis/certificates.k8s.io': preferred('certificates.k8s.io/v1'),
  '/apis/certificates.k8s.io/v1/certificatesigningrequests': list(),
};

function preferred(groupVersion: string): object {
  return { preferredVersion: { groupVersion } };
}

/** The report of a cluster that is as HEALTHY but for what the test says. */
export async function reportOf(state: ClusterState = {}): Promise<UpgradeReport> {
  const { target = TARGET, drain = false, version = TARGET, nodes = [node('n1'), node('n2')] } = state;
  const answers: Record<string, ApiAnswer | undefined> = {
    '/version': { gitVersion: version },
    '/api/v1/nodes': { items: state.allNodes ?? nodes },
    ...HEALTHY,
    ...state.answers,
  };
  const server = await apiServer(({ method, path, body }) =>
    method === 'POST' ? review(body, state.forbidden ?? []) : (answers[path] ?? answers[path.split('?')[0] ?? '']),
  );
  const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
  try {
    return await precheckCluster(client, { targetVersion: target, nodes, drain, signal: new AbortController().signal });
  } finally {
    client.close();
  }
}

function review(body: unknown, forbidden: readonly string[]): object {
  const { verb, resource, subresource } = (body as { spec: { resourceAttributes: Record<string, string> } }).spec
    .resourceAttributes;
  const asked = `${verb} ${resource}${subresource ? `/${subresource}` : ''}`;
  return { status: 201, body: { status: { allowed: !forbidden.includes(asked) } } };
}

/** The rows of one check. */
export async function rowsOf(check: string, state: ClusterState = {}): Promise<ReportRow[]> {
  return (await reportOf(state)).rows.filter((row) => row.check === check);
}

/** `warning 1 node: n1: Cordoned: ...`: what a check says, a line a row. */
export async function saidBy(check: string, state: ClusterState = {}): Promise<string> {
  const rows = await rowsOf(check, state);
  return rows.map(({ object, result, reason }) => [result, object, reason].filter(Boolean).join(' | ')).join('\n');
}
