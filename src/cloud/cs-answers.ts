import { z } from 'zod';

/** Left out or null if the service has no value. */
const text = z.string().nullish();
const number = z.number().nullish();
const flag = z.boolean().nullish();

const named = z.object({ key: text, value: text });

const cluster = z.object({
  cluster_id: z.string().min(1),
  name: text,
  state: text,
  current_version: text,
  init_version: text,
  next_version: text,
  container_cidr: text,
  service_cidr: text,
  meta_data: text,
  master_url: text,
});

const nodePool = z.object({
  nodepool_info: z.object({ nodepool_id: z.string().min(1), name: z.string().min(1), is_default: flag, type: text }),
  status: z.object({ state: text }).nullish(),
  interconnect_mode: text,
  interconnect_config: z.object({ cen_id: text, ccn_id: text, ccn_region_id: text }).nullish(),
  max_nodes: number,
  kubernetes_config: z
    .object({
      runtime: text,
      labels: z.array(named).nullish(),
      taints: z.array(named.extend({ effect: text })).nullish(),
    })
    .nullish(),
});

const node = z.object({
  node_name: z.string().min(1),
  nodepool_id: text,
  node_status: text,
  ip_address: z.array(z.string()).nullish(),
});

/** The SDK leaves the values of maps as they are, whatever their type says. */
const quota = z
  .object({ quota: text, operation_code: text })
  .transform(({ quota: value, operation_code: operationCode }) => ({ quota: value, operationCode }));

const page = z.object({ total_count: z.number().optional() });

const failure = z.object({ code: text, message: text });
const task = z.object({
  task_id: z.string().min(1),
  task_type: text,
  state: text,
  created: text,
  error: failure.nullish(),
});
const stage = z.object({ message: text, state: text, start_time: text, end_time: text });
const event = z.object({ action: text, level: text, reason: text, message: text, source: text, timestamp: text });

/**
 * What each call of the container service answers, as far as edgeadm looks at it; other keys are dropped before the SDK
 * makes its models of them, since it throws errors of its own for any value of a wrong type. Fields: its models.
 */
export const CS_ANSWERS: Readonly<Record<string, z.ZodType>> = {
  DescribeClusterDetail: cluster,
  DescribeClusterNodePools: z.object({ nodepools: z.array(nodePool).nullable() }),
  DescribeClusterNodes: z.object({ nodes: z.array(node).nullable(), page: page.nullish() }),
  DescribeUserQuota: z.object({ node_quota: number, quotas: z.record(z.string(), quota).nullish() }),
  // The service's page has it in quotes, its SDKs have the bare text.
  DescribeClusterAttachScripts: z.string().trim().regex(/^[^<]/, 'not a script'),
  DescribeClusterUserKubeconfig: z.object({ config: z.string().min(1) }),
  DescribeClusterTasks: z.object({ tasks: z.array(task).nullable(), page_info: page.nullish() }),
  DescribeTaskInfo: task.extend({
    current_stage: text,
    stages: z.array(stage).nullish(),
    events: z.array(event).nullish(),
  }),
};

/** Whether an order was carried out is looked up, so nothing is asked of its answer. */
export const ORDER_ANSWER = z.object({ task_id: text }).catch({ task_id: undefined });
