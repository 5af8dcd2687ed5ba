import type {
  DescribeClusterTasksResponseBodyTasks,
  DescribeTaskInfoResponseBody,
  GetUpgradeStatusResponseBody,
} from '@alicloud/cs20151215';

type Sdk = typeof import('@alicloud/cs20151215');

export type CloudUpgradeStatus = Pick<
  GetUpgradeStatusResponseBody,
  'status' | 'upgradeStep' | 'upgradeTask' | 'errorMessage' | 'precheckReportId'
>;
type CloudTask = DescribeClusterTasksResponseBodyTasks;
export type CloudTaskInfo = Pick<
  DescribeTaskInfoResponseBody,
  'taskId' | 'state' | 'created' | 'currentStage' | 'stages' | 'events' | 'error'
>;

interface UpgradeOrder {
  /** As the service spells it: `1.20.11-aliyunedge.1`. */
  readonly nextVersion: string;
  /** Leaves the worker nodes as they are. */
  readonly masterOnly: boolean;
}

/** What the container service does about the version of a cluster. What its verbs throw: see `CloudCaller`. */
export interface UpgradeVerbs {
  upgradeStatus(clusterId: string): Promise<CloudUpgradeStatus>;
  /** @returns id of the task, if the service tells it */
  upgradeCluster(clusterId: string, order: UpgradeOrder): Promise<string | undefined>;
  pauseUpgrade(clusterId: string): Promise<void>;
  resumeUpgrade(clusterId: string): Promise<void>;
  cancelUpgrade(clusterId: string): Promise<void>;
  /** Of any kind; in which order, and how far back, is not documented. */
  tasks(clusterId: string): Promise<CloudTask[]>;
  task(taskId: string): Promise<CloudTaskInfo>;
}

const PAGE_SIZE = 50;

/**
 * The size of batches is left to the service: it takes `rolling_policy` no longer. Source: the SDK, UpgradeCluster.
 */
export function upgradeVerbs(sdk: Sdk, client: InstanceType<Sdk['default']>): UpgradeVerbs {
  return {
    upgradeStatus: async (id) => (await client.getUpgradeStatus(id)).body ?? {},
    upgradeCluster: async (id, { nextVersion, masterOnly }) => {
      const request = new sdk.UpgradeClusterRequest({ nextVersion, masterOnly });
      return (await client.upgradeCluster(id, request)).body?.taskId;
    },
    pauseUpgrade: async (id) => void (await client.pauseClusterUpgrade(id)),
    resumeUpgrade: async (id) => void (await client.resumeUpgradeCluster(id)),
    cancelUpgrade: async (id) => void (await client.cancelClusterUpgrade(id)),
    tasks: async (id) => {
      const request = new sdk.DescribeClusterTasksRequest({ pageNumber: 1, pageSize: PAGE_SIZE });
      return (await client.describeClusterTasks(id, request)).body?.tasks ?? [];
    },
    task: async (taskId) => (await client.describeTaskInfo(taskId)).body ?? {},
  };
}
