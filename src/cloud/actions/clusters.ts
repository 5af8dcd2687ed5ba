import { z } from 'zod';
import { csAction, csActionWithBody, flag, number, TASK_ANSWER, text, wire } from './action.ts';

const listedShape = {
  cluster_id: z.string().min(1),
  name: text,
  state: text,
  region_id: text,
  cluster_type: text,
  cluster_spec: text,
  profile: text,
  current_version: text,
  init_version: text,
  next_version: text,
  container_cidr: text,
  service_cidr: text,
  size: number,
  vpc_id: text,
  vswitch_ids: z.array(z.string()).nullish(),
  deletion_protection: flag,
  created: text,
  updated: text,
};
const listed = wire(listedShape);

const cluster = wire({
  ...listedShape,
  meta_data: text,
  master_url: text,
  node_cidr_mask: text,
  proxy_mode: text,
  security_group_id: text,
  resource_group_id: text,
  tags: z.array(wire({ key: text, value: text })).nullish(),
});

/** The service's own `quota` counts; its keys are not documented. */
const quota = wire({ quota: text, operation_code: text });

const version = wire({
  version: z.string().min(1),
  creatable: flag,
  upgradable_versions: z.array(z.string()).nullish(),
});

const resource = wire({
  instance_id: text,
  resource_type: text,
  resource_info: text,
  state: text,
  auto_create: number,
});

const logLine = wire({ ID: number, cluster_log: text, created: text });

const clusterEvent = wire({
  event_id: text,
  type: text,
  source: text,
  subject: text,
  time: text,
  data: wire({ level: text, reason: text, message: text }).nullish(),
});

const page = wire({ total_count: number });

/** A node pool of cloud instances, as CreateCluster and CreateClusterNodePool take it. */
export interface WorkerPoolBody {
  readonly nodepool_info: { readonly name: string; readonly type: 'ess' };
  readonly scaling_group: {
    readonly vswitch_ids: readonly string[];
    readonly instance_types: readonly string[];
    readonly system_disk_category: string;
    readonly system_disk_size: number;
    readonly data_disks?: readonly { readonly category: string; readonly size: number }[];
    readonly desired_size: number;
    readonly key_pair?: string;
    readonly login_password?: string;
  };
  readonly kubernetes_config: { readonly runtime?: string; readonly cms_enabled?: boolean };
}

/** What CreateCluster takes for an edge cluster; the SDK has more fields, most of them deprecated. */
export interface ClusterBody {
  readonly name: string;
  readonly region_id: string;
  readonly cluster_type: 'ManagedKubernetes';
  readonly profile: 'Edge';
  readonly cluster_spec: string;
  readonly kubernetes_version?: string;
  readonly vpcid: string;
  readonly vswitch_ids: readonly string[];
  readonly service_cidr: string;
  readonly container_cidr?: string;
  readonly node_cidr_mask?: string;
  readonly proxy_mode: string;
  readonly endpoint_public_access: true;
  readonly snat_entry: boolean;
  readonly security_group_id?: string;
  readonly is_enterprise_security_group?: boolean;
  readonly resource_group_id?: string;
  readonly deletion_protection: boolean;
  readonly timezone?: string;
  readonly cluster_domain?: string;
  readonly extra_sans?: readonly string[];
  readonly load_balancer_id?: string;
  readonly encryption_provider_key?: string;
  readonly controlplane_log_components?: readonly string[];
  readonly controlplane_log_project?: string;
  readonly controlplane_log_ttl?: string;
  readonly audit_log_config?: { readonly enabled: boolean; readonly sls_project_name?: string };
  readonly operation_policy?: {
    readonly cluster_auto_upgrade: { readonly enabled: boolean; readonly channel?: string };
  };
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly addons: readonly {
    readonly name: string;
    readonly config?: string;
    readonly version?: string;
    readonly disabled?: boolean;
  }[];
  readonly nodepools: readonly WorkerPoolBody[];
}

/** What ModifyCluster is sent; what is left out stays. */
export interface ClusterChangeBody {
  readonly cluster_spec?: string;
  readonly cluster_name?: string;
  readonly deletion_protection?: boolean;
}

/** Clusters, and what lets edgeadm and nodes into one. */
export const CLUSTER_ACTIONS = {
  DescribeClustersForRegion: csAction('GET', '/regions/{regionId}/clusters', {
    repeated: 'none',
    answer: wire({ clusters: z.array(listed).nullable(), page_info: page.nullish() }),
  }),
  DescribeClusterDetail: csAction('GET', '/clusters/{ClusterId}', { repeated: 'none', answer: cluster }),
  DescribeUserQuota: csAction('GET', '/quota', {
    repeated: 'none',
    answer: wire({
      node_quota: number,
      cluster_quota: number,
      amk_cluster_quota: number,
      quotas: z.record(z.string(), quota).nullish(),
    }),
  }),
  DescribeKubernetesVersionMetadata: csAction('GET', '/api/v1/metadata/versions', {
    repeated: 'none',
    answer: z.array(version),
  }),
  CreateCluster: csActionWithBody<ClusterBody>()('POST', '/clusters', {
    repeated: 'another',
    answer: wire({ cluster_id: text, task_id: text }),
  }),
  ModifyCluster: csActionWithBody<ClusterChangeBody>()('PUT', '/api/v2/clusters/{ClusterId}', {
    repeated: 'same',
    answer: TASK_ANSWER,
  }),
  DeleteCluster: csAction('DELETE', '/clusters/{ClusterId}', { repeated: 'same', answer: TASK_ANSWER }),
  DescribeClusterResources: csAction('GET', '/clusters/{ClusterId}/resources', {
    repeated: 'none',
    answer: z.array(resource),
  }),
  DescribeClusterLogs: csAction('GET', '/clusters/{ClusterId}/logs', { repeated: 'none', answer: z.array(logLine) }),
  DescribeClusterEvents: csAction('GET', '/clusters/{ClusterId}/events', {
    repeated: 'none',
    answer: wire({ events: z.array(clusterEvent).nullable(), page_info: page.nullish() }),
  }),
  DescribeClusterUserKubeconfig: csAction('GET', '/k8s/{ClusterId}/user_config', {
    repeated: 'none',
    answer: wire({ config: z.string().min(1), expiration: text }),
  }),
  /**
   * Its answer is the script itself, and each has a new token. The service's page has it in quotes, its SDKs the bare
   * text.
   */
  DescribeClusterAttachScripts: csActionWithBody<{
    readonly nodepool_id: string;
    readonly arch: string;
    readonly options: string;
    readonly expired?: number;
    readonly one_time_token?: boolean;
  }>()('POST', '/clusters/{ClusterId}/attachscript', {
    repeated: 'another',
    answer: z.string().trim().regex(/^[^<]/, 'not a script'),
    isText: true,
  }),
  UpgradeCluster: csActionWithBody<{ readonly next_version: string; readonly master_only: boolean }>()(
    'POST',
    '/api/v2/clusters/{ClusterId}/upgrade',
    { repeated: 'another', answer: TASK_ANSWER },
  ),
} as const;

export type CloudCluster = z.output<typeof cluster>;
export type ListedCluster = z.output<typeof listed>;
export type KubernetesVersionOffer = z.output<typeof version>;
export type ClusterResource = z.output<typeof resource>;
export type ClusterLogLine = z.output<typeof logLine>;
export type ClusterEvent = z.output<typeof clusterEvent>;
