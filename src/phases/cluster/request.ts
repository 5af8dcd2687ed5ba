import type { ClusterBody, WorkerPoolBody } from '../../cloud/actions/clusters.ts';
import { CLUSTER_SPECS, type CloudClusterSpec } from '../../config/cloud-cluster.ts';

const WORKER_POOL = 'cloud-workers';
/** Log collection of today's versions. Source: the SDK, addons of CreateCluster. */
const LOG_ADDON = 'loongcollector';

/** What CreateCluster is sent. Its API server is exposed to the Internet, because edge nodes come in there. */
export function clusterBody(spec: CloudClusterSpec): ClusterBody {
  const { logging, nodeCidrMask, kmsKey, autoUpgrade, extraSans } = spec;
  return {
    name: spec.name,
    region_id: spec.region,
    cluster_type: 'ManagedKubernetes',
    profile: 'Edge',
    cluster_spec: CLUSTER_SPECS[spec.edition],
    kubernetes_version: spec.kubernetesVersion,
    vpcid: spec.vpc,
    vswitch_ids: spec.vswitches,
    service_cidr: spec.serviceCidr,
    ...(spec.network === 'flannel' && { container_cidr: spec.podCidr, node_cidr_mask: String(nodeCidrMask) }),
    proxy_mode: spec.proxyMode,
    endpoint_public_access: true,
    snat_entry: spec.snat,
    security_group_id: spec.securityGroup,
    is_enterprise_security_group: spec.advancedSecurityGroup,
    resource_group_id: spec.resourceGroup,
    deletion_protection: spec.deletionProtection,
    timezone: spec.timezone,
    cluster_domain: spec.clusterDomain,
    extra_sans: extraSans.length > 0 ? extraSans : undefined,
    load_balancer_id: spec.loadBalancer,
    encryption_provider_key: kmsKey,
    ...logFields(logging),
    ...(autoUpgrade && { operation_policy: { cluster_auto_upgrade: { enabled: true, channel: autoUpgrade } } }),
    tags: Object.entries(spec.tags).map(([key, value]) => ({ key, value })),
    addons: addonsOf(spec),
    nodepools: [workerPool(spec)],
  };
}

function logFields({ components, audit, project, days }: CloudClusterSpec['logging']): Partial<ClusterBody> {
  return {
    ...(components.length > 0 && {
      controlplane_log_components: components,
      controlplane_log_project: project,
      controlplane_log_ttl: days?.toString(),
    }),
    ...(audit && { audit_log_config: { enabled: true, sls_project_name: project } }),
  };
}

/** The network plug-in must be named. What is in the file comes last: it may repeat one with another configuration. */
function addonsOf({ network, logging, addons }: CloudClusterSpec): ClusterBody['addons'] {
  const given = addons.map(({ config, ...addon }) => ({
    ...addon,
    ...(config !== undefined && { config: typeof config === 'string' ? config : JSON.stringify(config) }),
  }));
  const project = logging.project ? { sls_project_name: logging.project } : {};
  const usual = [
    { name: network === 'flannel' ? 'flannel' : 'terway-eniip' },
    ...(logging.containers ? [{ name: LOG_ADDON, config: JSON.stringify(project) }] : []),
  ];
  return [...usual.filter(({ name }) => !given.some((addon) => addon.name === name)), ...given];
}

function workerPool({ workers, vswitches }: CloudClusterSpec): WorkerPoolBody {
  const { systemDisk, dataDisks, keyPair, password, cloudMonitor, runtime } = workers;
  return {
    nodepool_info: { name: WORKER_POOL, type: 'ess' },
    scaling_group: {
      vswitch_ids: workers.vswitches ?? vswitches,
      instance_types: workers.instanceTypes,
      system_disk_category: systemDisk.category,
      system_disk_size: systemDisk.size,
      ...(dataDisks.length > 0 && { data_disks: dataDisks }),
      desired_size: workers.count,
      key_pair: keyPair,
      login_password: password,
    },
    kubernetes_config: { runtime, ...(cloudMonitor && { cms_enabled: true }) },
  };
}
