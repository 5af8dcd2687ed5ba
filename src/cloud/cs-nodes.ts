import type { CallAction } from './call-action.ts';

interface NodeRemoval {
  /** Names of Nodes. */
  readonly nodes: readonly string[];
  readonly drain: boolean;
  /** Also releases the instances. */
  readonly release: boolean;
}

export interface InstanceAttachment {
  /** Of ECS. */
  readonly instances: readonly string[];
  /** Of root, after the system disk was replaced. */
  readonly password?: string;
  readonly keepName: boolean;
  /** Keep container data on the data disk, which is formatted. */
  readonly formatDisk: boolean;
}

/** Nodes that come and go. What the methods throw: see `CloudCaller`. */
export interface NodeVerbs {
  /** @returns id of the task, if the service tells it */
  removeNodes(clusterId: string, removal: NodeRemoval): Promise<string | undefined>;
  /** @returns id of the task, if the service tells it */
  attachInstances(clusterId: string, nodePoolId: string, order: InstanceAttachment): Promise<string | undefined>;
}

export function nodeVerbs(call: CallAction): NodeVerbs {
  return {
    removeNodes: async (ClusterId, { nodes, drain, release }) => {
      const body = { nodes, drain_node: drain, release_node: release };
      return (await call('DeleteClusterNodes', { ClusterId, body })).taskId;
    },
    attachInstances: async (ClusterId, NodepoolId, { instances, password, keepName, formatDisk }) => {
      const body = { instances, password, keep_instance_name: keepName, format_disk: formatDisk };
      return (await call('AttachInstancesToNodePool', { ClusterId, NodepoolId, body })).taskId;
    },
  };
}
