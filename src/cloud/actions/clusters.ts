import { z } from 'zod';
import { csAction, csActionWithBody, number, TASK_ANSWER, text, wire } from './action.ts';

const clusterShape = {
  cluster_id: z.string().min(1),
  name: text,
  state: text,
  region_id: text,
  current_version: text,
  init_version: text,
  next_version: text,
  container_cidr: text,
  service_cidr: text,
  meta_data: text,
  master_url: text,
};
const cluster = wire(clusterShape);

/** The service's own `quota` counts; its keys are not documented. */
const quota = wire({ quota: text, operation_code: text });

/** Reads of clusters, and what lets edgeadm and nodes into one. */
export const CLUSTER_ACTIONS = {
  DescribeClusterDetail: csAction('GET', '/clusters/{ClusterId}', { repeated: 'none', answer: cluster }),
  DescribeUserQuota: csAction('GET', '/quota', {
    repeated: 'none',
    answer: wire({ node_quota: number, quotas: z.record(z.string(), quota).nullish() }),
  }),
  DescribeClusterUserKubeconfig: csAction('GET', '/k8s/{ClusterId}/user_config', {
    repeated: 'none',
    answer: wire({ config: z.string().min(1) }),
  }),
  /** Its answer is the script itself, and each has a new token. The service's page has it in quotes, its SDKs the bare text. */
  DescribeClusterAttachScripts: csActionWithBody<{
    nodepool_id: string;
    arch: string;
    options: string;
    expired?: number;
  }>()('POST', '/clusters/{ClusterId}/attachscript', {
    repeated: 'another',
    answer: z.string().trim().regex(/^[^<]/, 'not a script'),
    isText: true,
  }),
  UpgradeCluster: csActionWithBody<{ next_version: string; master_only: boolean }>()(
    'POST',
    '/api/v2/clusters/{ClusterId}/upgrade',
    { repeated: 'another', answer: TASK_ANSWER },
  ),
} as const;

export type CloudCluster = z.output<typeof cluster>;
