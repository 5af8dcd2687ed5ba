import { z } from 'zod';
import { clusterAnswer, isoDate, pageOf, taskDate } from './cs-answers.ts';
import { valid } from './cs-pools.ts';
import { type CsRequest, clusterOf } from './cs-request.ts';
import { type TaskRecord, tasksOf } from './cs-tasks.ts';
import { NEXT_VERSIONS, upgradeFields } from './cs-upgrade.ts';
import { type ClusterRecord, KIND, sandboxCluster } from './records.ts';

/** How many clusters of its kind an account may have. */
export const CLUSTER_QUOTA = 20;

/** What a new cluster can be: releases of today. */
export const CREATABLE = ['1.26.3-aliyun.1', '1.28.9-aliyun.1', '1.30.7-aliyun.1'];

export function clustersIn({ parts }: CsRequest): ClusterRecord[] {
  return parts.store.list<ClusterRecord>(KIND.cluster).map(({ document }) => document);
}

async function detailOf(asked: CsRequest, cluster: ClusterRecord): Promise<object> {
  const { length } = await asked.insideOf(cluster.id).nodes();
  return { ...clusterAnswer(cluster, length, asked.parts.apiServer), ...upgradeFields(asked, cluster) };
}

export async function clusterDetail(asked: CsRequest): Promise<object> {
  return detailOf(asked, clusterOf(asked));
}

/** Of DescribeClusters, which is switched off. */
export async function allClusters(asked: CsRequest): Promise<object[]> {
  return Promise.all(clustersIn(asked).map((cluster) => detailOf(asked, cluster)));
}

/** Of DescribeClustersV1, which is switched off. */
export async function clustersByPage(asked: CsRequest): Promise<object> {
  const { page_number: number, page_size: size } = asked.request.parameters;
  const { items, page } = pageOf(await allClusters(asked), number, size);
  return { clusters: items, page_info: page };
}

export async function clustersOfRegion(asked: CsRequest): Promise<object> {
  const [region] = asked.names;
  const {
    cluster_id: id,
    name,
    profile,
    cluster_spec: spec,
    page_number: number,
    page_size: size,
  } = asked.request.parameters;
  const found = clustersIn(asked)
    .filter((cluster) => cluster.region === region && (!profile || profile === 'Edge'))
    .filter((cluster) => (!id || cluster.id === id) && (!name || cluster.name === name))
    .filter((cluster) => !spec || (cluster.spec ?? 'ack.pro.small') === spec);
  const { items, page } = pageOf(found, number, size);
  return {
    clusters: await Promise.all(items.map(async (each) => inList(await detailOf(asked, each)))),
    page_info: page,
  };
}

/** The list of a region has fewer fields than the others. */
function inList(detail: object): object {
  const {
    network_mode: _mode,
    meta_data: _meta,
    master_url: _url,
    node_cidr_mask: _mask,
    ...rest
  } = detail as Record<string, unknown>;
  return rest;
}

export async function userQuota({ parts: { store } }: CsRequest): Promise<object> {
  const count = (quota: number, unit: string) => ({ quota: String(quota), adjustable: true, unit });
  // The keys of `quotas` are not documented. It counts, whatever the older fields say.
  const quotas = {
    cluster_nodes: {
      ...count(sandboxCluster(store)?.nodeQuota ?? 0, 'Node'),
      operation_code: 'q_Kubernetes_Cluster_Node',
    },
    cluster_nodepools: { ...count(20, 'NodePool'), operation_code: 'q_Kubernetes_NodePool' },
    managed_clusters: { ...count(CLUSTER_QUOTA, 'Cluster'), operation_code: 'q_Kubernetes_Managed_Cluster' },
  };
  return { cluster_quota: 1, amk_cluster_quota: 1, cluster_nodepool_quota: 20, node_quota: 100, quotas };
}

/**
 * `Mode` is `creatable`, which is the default, or `supported`; a version that is named is answered in either. What the real
 * service offers for clusters that are not of the profile `Edge` is not known here.
 */
export async function kubernetesVersions({ request }: CsRequest): Promise<object[]> {
  const { KubernetesVersion: only, Mode: mode = 'creatable', Profile: profile } = request.parameters;
  valid(z.object({ Region: z.string(), ClusterType: z.string() }), request.parameters);
  if (profile !== 'Edge') return [];
  const known = [...new Set(Object.entries(NEXT_VERSIONS).flat())].map((each) => each.replace(/^v/, ''));
  return known
    .filter((version) => (only ? version === only : mode !== 'creatable' || CREATABLE.includes(version)))
    .map((version) => ({
      version,
      creatable: CREATABLE.includes(version),
      upgradable_versions: [NEXT_VERSIONS[version]].filter((next) => next !== undefined),
      capabilities: {},
      images: [],
      runtimes: [{ name: 'containerd', version: '1.6.28' }],
    }));
}

/** What DeleteCluster would take along, or leave. */
export async function clusterResources(asked: CsRequest): Promise<object[]> {
  const { id, made } = clusterOf(asked);
  if (!made) return [];
  const resource = (type: string, instance: string, deleted: boolean) => ({
    cluster_id: id,
    instance_id: instance,
    resource_type: type,
    resource_info: '{}',
    state: 'CREATE_COMPLETE',
    created: isoDate(made.created),
    auto_create: 1,
    dependencies: [],
    delete_behavior: { delete_by_default: deleted, changeable: true },
  });
  return [
    resource('SLB', `lb-${id.slice(1, 13)}`, true),
    resource('EIP', `eip-${id.slice(1, 13)}`, true),
    ...(made.securityGroupId === `sg-${id.slice(1, 13)}`
      ? [resource('ECS::SecurityGroup', made.securityGroupId, true)]
      : []),
    resource('SLS_Data', `k8s-log-${id}`, false),
  ];
}

/** The service's log of a cluster, the newest line first. */
export async function clusterLogs(asked: CsRequest): Promise<object[]> {
  const { id } = clusterOf(asked);
  return linesOf(asked, id).map(({ at, text }, index) => ({
    ID: 100_000 + index,
    cluster_id: id,
    cluster_log: text,
    created: taskDate(at),
    updated: taskDate(at),
  }));
}

export async function clusterEvents(asked: CsRequest): Promise<object> {
  const { id } = clusterOf(asked);
  const {
    task_id: task,
    page_number: number,
    page_size: size,
    max_results: most,
    next_token: token,
  } = asked.request.parameters;
  const events = linesOf(asked, id)
    .filter(({ record }) => !task || record.id === task)
    .map(({ record, at, text, failed }, index) => ({
      event_id: `E-${record.id.slice(2)}-${index}`,
      type: record.type,
      source: 'ACK',
      subject: record.target.id,
      cluster_id: id,
      time: isoDate(at),
      data: { level: failed ? 'error' : 'info', reason: failed ? 'TaskFailed' : 'TaskProgress', message: text },
    }));
  const { items, page, next } = pageOf(events, token ?? number, most ?? size);
  return { events: items, page_info: page, ...(next && { next_token: next }) };
}

interface Line {
  readonly record: TaskRecord;
  readonly at: number;
  readonly text: string;
  readonly failed: boolean;
}

function linesOf(asked: CsRequest, clusterId: string): Line[] {
  const now = asked.parts.now();
  const lines = tasksOf(asked, clusterId).flatMap((record): Line[] => [
    { record, at: record.created, text: `Start to ${record.type}`, failed: false },
    ...(record.ends > now
      ? []
      : [
          {
            record,
            at: record.ends,
            text: record.error ?? `Successfully finished ${record.type}`,
            failed: record.error !== undefined,
          },
        ]),
  ]);
  return lines.sort((a, b) => b.at - a.at);
}
