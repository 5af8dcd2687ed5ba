import { z } from 'zod';
import { csAction, csActionWithBody, flag, number, TASK_ANSWER, text, wire } from './action.ts';

const pair = { key: text, value: text };

const nodePool = wire({
  nodepool_info: wire({ nodepool_id: z.string().min(1), name: z.string().min(1), is_default: flag, type: text }),
  status: wire({ state: text }).nullish(),
  interconnect_mode: text,
  interconnect_config: wire({ cen_id: text, ccn_id: text, ccn_region_id: text }).nullish(),
  max_nodes: number,
  kubernetes_config: wire({
    runtime: text,
    labels: z.array(wire(pair)).nullish(),
    taints: z.array(wire({ ...pair, effect: text })).nullish(),
    unschedulable: flag,
  }).nullish(),
  management: wire({ enable: flag, auto_repair: flag, auto_upgrade: flag }).nullish(),
});

const node = wire({
  node_name: z.string().min(1),
  nodepool_id: text,
  node_status: text,
  ip_address: z.array(z.string()).nullish(),
  instance_id: text,
  instance_role: text,
  instance_charge_type: text,
  is_aliyun_node: flag,
  state: text,
});

/** What CreateClusterNodePool takes for an edge pool. */
interface NodePoolBody {
  readonly nodepool_info: { readonly name: string; readonly type: 'edge'; readonly resource_group_id?: string };
  readonly intranet?: boolean;
  readonly host_network?: boolean;
  readonly max_nodes?: number;
  readonly interconnect_mode: string;
  readonly kubernetes_config: {
    readonly runtime?: string;
    readonly unschedulable?: boolean;
    readonly labels: readonly { readonly key: string; readonly value: string }[];
    readonly taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  };
}

interface Marks {
  readonly labels?: readonly { readonly key: string; readonly value: string }[];
  readonly taints?: readonly { readonly key: string; readonly value: string; readonly effect: string }[];
}

/** What ModifyClusterNodePool takes for any pool. Size, mode and networks have no field there. */
export interface NodePoolChangeBody {
  readonly nodepool_info?: { readonly name: string };
  readonly kubernetes_config?: Marks & { readonly unschedulable?: boolean };
  readonly management?: { readonly enable: boolean; readonly auto_repair?: boolean; readonly auto_upgrade?: boolean };
  /** Existing nodes get labels and taints too. */
  readonly update_nodes: boolean;
}

/** What UpgradeClusterNodepool takes. */
export interface NodePoolUpgradeBody {
  readonly kubernetes_version?: string;
  readonly runtime_type?: string;
  readonly runtime_version?: string;
  readonly node_names?: readonly string[];
  readonly use_replace?: boolean;
  readonly ignore_warning_check?: boolean;
  readonly rolling_policy?: {
    readonly max_parallelism?: number;
    readonly max_failed_nodes?: number;
    readonly batch_interval?: number;
    readonly pause_policy?: string;
  };
}

/** Node pools and their nodes. */
export const NODE_POOL_ACTIONS = {
  DescribeClusterNodePools: csAction('GET', '/clusters/{ClusterId}/nodepools', {
    repeated: 'none',
    answer: wire({ nodepools: z.array(nodePool).nullable() }),
  }),
  CreateClusterNodePool: csActionWithBody<NodePoolBody>()('POST', '/clusters/{ClusterId}/nodepools', {
    repeated: 'another',
    answer: TASK_ANSWER,
  }),
  ModifyClusterNodePool: csActionWithBody<NodePoolChangeBody>()('PUT', '/clusters/{ClusterId}/nodepools/{NodepoolId}', {
    repeated: 'same',
    answer: TASK_ANSWER,
  }),
  UpgradeClusterNodepool: csActionWithBody<NodePoolUpgradeBody>()(
    'POST',
    '/clusters/{ClusterId}/nodepools/{NodepoolId}/upgrade',
    { repeated: 'another', answer: TASK_ANSWER },
  ),
  RepairClusterNodePool: csActionWithBody<{
    readonly nodes?: readonly string[];
    readonly operations?: readonly { readonly operation_id: string; readonly args?: readonly string[] }[];
  }>()('POST', '/clusters/{ClusterId}/nodepools/{NodepoolId}/repair', { repeated: 'another', answer: TASK_ANSWER }),
  DeleteClusterNodepool: csAction('DELETE', '/clusters/{ClusterId}/nodepools/{NodepoolId}', {
    repeated: 'same',
    answer: TASK_ANSWER,
  }),
  /** By the names of Nodes, so edge nodes too. */
  DeleteClusterNodes: csActionWithBody<{
    readonly nodes: readonly string[];
    readonly drain_node: boolean;
    readonly release_node: boolean;
  }>()('POST', '/clusters/{ClusterId}/nodes', { repeated: 'another', answer: TASK_ANSWER }),
  /** ECS instances only. */
  AttachInstancesToNodePool: csActionWithBody<{
    readonly instances: readonly string[];
    readonly keep_instance_name: boolean;
    readonly format_disk: boolean;
    readonly password?: string;
  }>()('POST', '/clusters/{ClusterId}/nodepools/{NodepoolId}/attach', { repeated: 'another', answer: TASK_ANSWER }),
  DescribeClusterNodes: csAction('GET', '/clusters/{ClusterId}/nodes', {
    repeated: 'none',
    answer: wire({ nodes: z.array(node).nullable(), page: wire({ total_count: number }).nullish() }),
  }),
} as const;

export type CloudNodePool = z.output<typeof nodePool>;
export type CloudNode = z.output<typeof node>;
