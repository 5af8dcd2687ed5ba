import type {
  CloudCluster,
  ClusterEvent,
  ClusterLogLine,
  ClusterResource,
  ListedCluster,
} from '../../cloud/actions/clusters.ts';
import type { CloudTask } from '../../cloud/actions/tasks.ts';
import { addressesOf } from '../../cloud/temporary-cluster.ts';
import { editionOf } from '../../config/cloud-cluster.ts';
import { factLines } from '../../output/columns.ts';
import { table } from '../../output/table.ts';
import { encryptionKeyOf } from '../../phases/cluster/encryption.ts';

/** One line a cluster. */
export function clusterTable(clusters: readonly ListedCluster[], wide = false): string {
  return table(
    clusters.map((cluster) => ({
      name: cluster.name,
      id: cluster.clusterId,
      state: cluster.state,
      version: cluster.currentVersion ?? cluster.initVersion,
      edition: editionOf(cluster.clusterSpec),
      nodes: cluster.size,
      ...(wide && {
        vpc: cluster.vpcId,
        pods: cluster.containerCidr,
        services: cluster.serviceCidr,
        created: cluster.created,
      }),
    })),
  );
}

/** What `show` prints of a cluster; for `-o json` and people. */
export function shownCluster(cluster: CloudCluster) {
  const { publicly, intranet } = addressesOf(cluster);
  const { clusterId, regionId } = cluster;
  return {
    name: cluster.name,
    id: clusterId,
    region: regionId,
    state: cluster.state,
    edition: editionOf(cluster.clusterSpec),
    version: cluster.currentVersion ?? cluster.initVersion,
    offeredVersion: cluster.nextVersion || undefined,
    nodes: cluster.size,
    publicEndpoint: publicly,
    internalEndpoint: intranet,
    testingDomain: regionId && `${clusterId}.${regionId}.alicontainer.com`,
    vpc: cluster.vpcId,
    vswitches: cluster.vswitchIds,
    podCidr: cluster.containerCidr || undefined,
    serviceCidr: cluster.serviceCidr,
    deletionProtection: cluster.deletionProtection ?? false,
    encryptionKey: encryptionKeyOf(cluster),
    created: cluster.created,
  };
}

export function clusterText(cluster: CloudCluster): string {
  const facts = shownCluster(cluster);
  const offered = facts.offeredVersion && `, upgrade to ${facts.offeredVersion} possible`;
  return factLines({
    Cluster: `${facts.name} (${facts.id}), ${facts.edition} edition`,
    Region: facts.region,
    State: facts.state,
    Kubernetes: `${facts.version}${offered ?? ''}`,
    Nodes: facts.nodes?.toString(),
    'API server': facts.publicEndpoint ?? 'not exposed to the Internet: edge nodes cannot connect there',
    Internal: facts.internalEndpoint,
    'Test domain': facts.testingDomain,
    VPC: [facts.vpc, ...(facts.vswitches ?? [])].filter(Boolean).join(', '),
    Pods: facts.podCidr,
    Services: facts.serviceCidr,
    Protection: facts.deletionProtection ? 'against deletion' : undefined,
    Secrets: facts.encryptionKey && `encrypted with the key ${facts.encryptionKey} of KMS`,
    Created: facts.created,
  });
}

export function taskTable(tasks: readonly CloudTask[]): string {
  return table(
    tasks.map(({ taskId, taskType, state, created, error }) => ({
      task: taskId,
      type: taskType,
      state,
      created,
      error: error?.message,
    })),
  );
}

export function eventTableOf(events: readonly ClusterEvent[], wide = false): string {
  return table(
    events.map(({ eventId, time, type, source, subject, data }) => ({
      time,
      level: data?.level,
      type,
      reason: data?.reason,
      message: data?.message,
      ...(wide && { id: eventId, source, subject }),
    })),
  );
}

export function logText(lines: readonly ClusterLogLine[]): string {
  return lines.map(({ created, clusterLog }) => `${created ?? '-'} ${clusterLog ?? ''}\n`).join('');
}

export function resourceTable(resources: readonly (ClusterResource & { readonly becomes: string })[]): string {
  return table(
    resources.map(({ resourceType, instanceId, becomes }) => ({ type: resourceType, id: instanceId, becomes })),
  );
}
