import type { PoolNode } from '../../src/config/node-pool.ts';
import { type ClusterRecord, type NodePoolRecord, SANDBOX_VPC } from './records.ts';

const SECONDS = /\.\d+Z$/;
const CHINA_MS = 8 * 3_600_000;

/** A date as the API writes it. @param ms since 1970 */
export function isoDate(ms: number): string {
  return new Date(ms).toISOString().replace(SECONDS, 'Z');
}

/** A date as tasks have it, in the service's own time zone. @param ms since 1970 */
export function taskDate(ms: number): string {
  return isoDate(ms + CHINA_MS).replace('Z', '+08:00');
}

/** How programs of the vendor know the plug-ins: the capability, and the add-on that brings it. */
const NETWORKS: Readonly<Record<ClusterRecord['networkPlugin'], { readonly network: string; readonly addOn: string }>> =
  {
    flannel: { network: 'Flannel', addOn: 'kube-flannel-ds' },
    'terway-edge': { network: 'terway-eniip', addOn: 'terway-edge-controlplane' },
  };

/** The API server's address in the VPC: here the same listener, by its other name. */
export function intranetAddress(apiServer: string): string {
  return apiServer.replace('127.0.0.1', 'localhost');
}

/**
 * A cluster as DescribeClusterDetail and the lists tell it, but for what upgrades change.
 * Fields: the SDK's DescribeClusterDetailResponseBody.
 */
export function clusterAnswer(cluster: ClusterRecord, size: number, apiServer: string): object {
  const { id, name, region, version, podCidr, serviceCidr, isPublic = true, kmsKey, made } = cluster;
  const { network, addOn } = NETWORKS[cluster.networkPlugin];
  const meta = {
    Addons: [{ name: addOn }, { name: 'coredns' }, { name: 'edge-tunnel-server' }, { name: 'yurt-app-manager' }],
    Capabilities: {
      Network: network,
      PublicSLB: isPublic,
      ...(kmsKey && { EncryptionKMSKeyId: kmsKey, DisableEncryption: false }),
    },
  };
  return {
    cluster_id: id,
    name,
    region_id: region,
    cluster_type: 'ManagedKubernetes',
    profile: 'Edge',
    cluster_spec: cluster.spec ?? 'ack.pro.small',
    init_version: version,
    size,
    network_mode: 'vpc',
    vpc_id: made?.vpcId ?? SANDBOX_VPC,
    vswitch_ids: made?.vswitchIds ?? ['vsw-sandbox'],
    container_cidr: podCidr,
    service_cidr: serviceCidr,
    proxy_mode: made?.proxyMode ?? 'ipvs',
    deletion_protection: cluster.deletionProtection ?? false,
    tags: made?.tags ?? [],
    ...(made && {
      created: isoDate(made.created),
      updated: isoDate(made.created),
      node_cidr_mask: made.nodeCidrMask,
      security_group_id: made.securityGroupId,
      ...(made.resourceGroupId && { resource_group_id: made.resourceGroupId }),
    }),
    meta_data: JSON.stringify(meta),
    master_url: JSON.stringify({
      ...(isPublic && { api_server_endpoint: apiServer }),
      intranet_api_server_endpoint: intranetAddress(apiServer),
    }),
  };
}

/** A node pool as list and detail tell it. Fields: the SDK's DescribeClusterNodePoolsResponseBody. */
export function nodePoolAnswer(pool: NodePoolRecord, region: string, nodes: readonly PoolNode[]): object {
  const healthy = nodes.filter(({ ready }) => ready).length;
  const { cenId, ccnId, ccnRegion } = pool.interconnect ?? {};
  return {
    nodepool_info: {
      nodepool_id: pool.id,
      name: pool.name,
      type: pool.type ?? 'edge',
      region_id: region,
      resource_group_id: 'rg-sandbox',
      is_default: pool.isDefault,
      created: isoDate(pool.created),
      updated: isoDate(pool.created),
    },
    interconnect_mode: pool.interconnectMode,
    interconnect_config: { cen_id: cenId, ccn_id: ccnId, ccn_region_id: ccnRegion },
    max_nodes: pool.maxNodes ?? 0,
    kubernetes_config: {
      runtime: pool.runtime,
      runtime_version: pool.runtimeVersion,
      labels: Object.entries(pool.labels).map(([key, value]) => ({ key, value })),
      taints: pool.taints,
      node_name_mode: '',
      unschedulable: pool.unschedulable ?? false,
    },
    management: {
      enable: pool.management?.enable ?? false,
      auto_repair: pool.management?.autoRepair ?? false,
      auto_upgrade: pool.management?.autoUpgrade ?? false,
    },
    status: {
      state: pool.pending?.state ?? 'active',
      total_nodes: nodes.length,
      healthy_nodes: healthy,
      serving_nodes: healthy,
      offline_nodes: nodes.length - healthy,
      failed_nodes: 0,
      initial_nodes: 0,
      removing_nodes: 0,
    },
  };
}

/** A node as DescribeClusterNodes tells it. */
export function nodeAnswer(node: PoolNode, pool: NodePoolRecord): object {
  return {
    node_name: node.name,
    host_name: node.name,
    instance_id: node.name,
    instance_name: node.name,
    instance_role: 'Worker',
    instance_status: 'Running',
    ip_address: node.addresses,
    is_aliyun_node: false,
    node_status: node.ready ? 'Ready' : 'NotReady',
    nodepool_id: pool.id,
    source: 'user_provided',
    state: 'running',
  };
}

/** The part of a list that a page holds. Numbers begin with 1. */
export function pageOf<T>(
  items: readonly T[],
  number: string | undefined,
  size: string | undefined,
): { readonly items: T[]; readonly page: object; readonly next?: string } {
  const page = Math.max(1, Number(number) || 1);
  const length = Math.min(100, Math.max(1, Number(size) || 10));
  return {
    items: items.slice((page - 1) * length, page * length),
    page: { page_number: page, page_size: length, total_count: items.length },
    ...(page * length < items.length && { next: String(page + 1) }),
  };
}
