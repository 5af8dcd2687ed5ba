import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { overlaps } from '../../src/lib/cidr.ts';
import { CLUSTER_QUOTA, CREATABLE, clustersIn } from './cs-clusters.ts';
import { valid } from './cs-pools.ts';
import { type CsRequest, clusterOf, idleClusterOf } from './cs-request.ts';
import { beginTask } from './cs-tasks.ts';
import { consumeFault } from './faults.ts';
import { newPool } from './new-pool.ts';
import {
  type ClusterRecord,
  KIND,
  type NodePoolRecord,
  type PendingClusterChange,
  poolsOf,
  type WorkerRecord,
} from './records.ts';
import { CloudFailure, lasting } from './service.ts';

/** How long a change of a cluster takes here; the real service takes minutes. */
const CLUSTER_CHANGE_MS = { initial: 1500, updating: 500, deleting: 700 } as const;

/** Task types: the SDK, types of events. */
const TASKS = {
  CreateCluster: { state: 'initial', type: 'cluster_create' },
  ModifyCluster: { state: 'updating', type: 'cluster_modify' },
  UpdateControlPlaneLog: { state: 'updating', type: 'cluster_configuration_modify' },
  UpdateClusterAuditLogConfig: { state: 'updating', type: 'cluster_configuration_modify' },
  UpdateKMSEncryption: { state: 'updating', type: 'cluster_configuration_modify' },
  DeleteCluster: { state: 'deleting', type: 'cluster_delete' },
} as const;

export type ClusterChange = keyof typeof TASKS;

/** The reference names no stage. */
const STAGES: Readonly<Partial<Record<ClusterChange, readonly string[]>>> = {
  CreateCluster: ['create resources', 'create the control plane', 'create worker nodes', 'install add-ons'],
  DeleteCluster: ['delete nodes', 'delete resources'],
};

/** By which name a fault strikes the task of each action. */
export const CLUSTER_TASKS: readonly string[] = Object.keys(TASKS).map(faultOf);

function faultOf(action: string): string {
  return `${action}/task`;
}

const pair = z.object({ key: z.string(), value: z.string().default('') });
const NAME = z.string().regex(/^[\p{L}\d][\p{L}\d-]{0,62}$/u);
const workerPool = z.object({
  nodepool_info: z.object({ name: z.string().default('default-worker'), type: z.literal('ess') }),
  scaling_group: z.object({
    vswitch_ids: z.array(z.string()).min(1),
    instance_types: z.array(z.string()).min(1),
    desired_size: z.number().int().min(0),
    system_disk_category: z.string().default('cloud_ssd'),
    system_disk_size: z.number().default(120),
    key_pair: z.string().optional(),
    login_password: z.string().optional(),
  }),
});

/** The parameters of CreateCluster that mean something to an edge cluster. */
const creation = z.object({
  name: NAME,
  region_id: z.string(),
  cluster_type: z.literal('ManagedKubernetes'),
  profile: z.literal('Edge'),
  cluster_spec: z.enum(['ack.standard', 'ack.pro.small']).default('ack.standard'),
  kubernetes_version: z.string().default(CREATABLE.at(-1) ?? ''),
  vpcid: z.string(),
  vswitch_ids: z.array(z.string()).min(1).max(3),
  service_cidr: z.string(),
  container_cidr: z.string().optional(),
  node_cidr_mask: z.string().default('25'),
  proxy_mode: z.enum(['ipvs', 'iptables']).default('ipvs'),
  endpoint_public_access: z.boolean().default(false),
  security_group_id: z.string().optional(),
  resource_group_id: z.string().optional(),
  deletion_protection: z.boolean().default(false),
  encryption_provider_key: z.string().optional(),
  controlplane_log_components: z.array(z.string()).optional(),
  controlplane_log_project: z.string().optional(),
  controlplane_log_ttl: z.string().default('30'),
  audit_log_config: z.object({ enabled: z.boolean(), sls_project_name: z.string().optional() }).optional(),
  tags: z.array(pair).default([]),
  addons: z.array(z.object({ name: z.string() })).default([]),
  nodepools: z.array(workerPool).default([]),
});

type Creation = z.output<typeof creation>;

/** Refused with 400 since 2026-07-04. Source: the service's notice of deprecated parameters. */
const REFUSED =
  /^(num_of_nodes|worker_|master_|key_pair$|login_password$|cloud_monitor_flags$|runtime$|disable_rollback$)/;

/** Codes: `ErrorClusterNameAlreadyExist` is the service's; the others are not documented. */
export async function createClusterRecord(asked: CsRequest): Promise<object> {
  const { store, now } = asked.parts;
  const old = Object.keys(asked.request.body ?? {}).find((key) => REFUSED.test(key));
  if (old) throw new CloudFailure(400, 'InvalidParameter', `The parameter ${old} is no longer supported.`);
  const body = valid(creation, asked.request.body);
  refuseCreation(body, clustersIn(asked));
  const id = `c${randomBytes(16).toString('hex')}`;
  const pools = body.nodepools.map((pool) => poolRecord(pool, id, now()));
  const cluster = clusterRecord(body, id, now());
  store.transaction(() => {
    for (const pool of [newPool(id, now()), ...pools]) store.put(KIND.nodePool, pool.id, pool);
    store.put(KIND.cluster, id, cluster);
    store.put(KIND.workers, id, workersFor(body, pools));
  });
  return { cluster_id: id, ...changeCluster(asked, cluster, 'CreateCluster') };
}

function refuseCreation(body: Creation, present: readonly ClusterRecord[]): void {
  const fail = (code: string, message: string): never => {
    throw new CloudFailure(400, code, message);
  };
  const { name, kubernetes_version: version, container_cidr: pods, service_cidr: services } = body;
  if (present.some((cluster) => cluster.name === name))
    fail('ErrorClusterNameAlreadyExist', `cluster name ${name} already exist`);
  if (present.length >= CLUSTER_QUOTA) fail('ErrorClusterQuotaExceeded', `the quota of clusters is ${CLUSTER_QUOTA}`);
  if (!CREATABLE.includes(version)) fail('ErrorClusterVersionNotSupport', `cluster version ${version} not support`);
  if (body.encryption_provider_key && body.cluster_spec === 'ack.standard')
    fail('InvalidParameter', 'encryption_provider_key is for Pro clusters.');
  const flannel = body.addons.some((addon) => addon.name === 'flannel');
  if (flannel && pods === undefined)
    fail(
      'MissingParameter',
      'The input parameter "container_cidr" that is mandatory for processing this request is not supplied.',
    );
  const taken = present
    .filter(({ made }) => made?.vpcId === body.vpcid)
    .flatMap((each) => [each.podCidr, each.serviceCidr]);
  for (const own of [pods, services])
    for (const other of [...taken, ...(own === pods ? [services] : [])])
      if (own && overlaps(own, other)) fail('ErrorCidrConflict', `cidr ${own} conflicts with ${other}`);
}

function clusterRecord(body: Creation, id: string, now: number): ClusterRecord {
  const project = `k8s-log-${id}`;
  const components = body.controlplane_log_components ?? [];
  return {
    id,
    name: body.name,
    region: body.region_id,
    version: body.kubernetes_version,
    networkPlugin: body.addons.some(({ name }) => name.startsWith('terway')) ? 'terway-edge' : 'flannel',
    podCidr: body.container_cidr ?? '',
    serviceCidr: body.service_cidr,
    clusterDns: '',
    vpcCidr: '192.168.0.0/16',
    nodeQuota: body.cluster_spec === 'ack.standard' ? 10 : 1000,
    isPublic: body.endpoint_public_access,
    spec: body.cluster_spec,
    deletionProtection: body.deletion_protection,
    kmsKey: body.encryption_provider_key,
    ...(components.length > 0 && {
      controlPlaneLog: {
        components,
        project: body.controlplane_log_project ?? project,
        ttl: body.controlplane_log_ttl,
      },
    }),
    auditProject: body.audit_log_config?.enabled ? (body.audit_log_config.sls_project_name ?? project) : undefined,
    made: {
      created: now,
      vpcId: body.vpcid,
      vswitchIds: body.vswitch_ids,
      nodeCidrMask: body.node_cidr_mask,
      proxyMode: body.proxy_mode,
      securityGroupId: body.security_group_id ?? `sg-${id.slice(1, 13)}`,
      resourceGroupId: body.resource_group_id,
      tags: body.tags,
    },
  };
}

function workersFor(body: Creation, pools: readonly NodePoolRecord[]): WorkerRecord[] {
  return pools.flatMap((pool, at) =>
    Array.from({ length: body.nodepools[at]?.scaling_group.desired_size ?? 0 }, () => ({
      name: `${body.region_id}.i-${randomBytes(8).toString('hex')}`,
      poolId: pool.id,
    })),
  );
}

function poolRecord(pool: Creation['nodepools'][number], clusterId: string, now: number): NodePoolRecord {
  return { ...newPool(clusterId, now), name: pool.nodepool_info.name, isDefault: false, type: 'ess' };
}

/** The edition, the name and the protection can be changed here. Source of the values: the SDK. */
export async function modifyCluster(asked: CsRequest): Promise<object> {
  const cluster = idleClusterOf(asked);
  const schema = z.object({
    cluster_spec: z.enum(['ack.pro.small']).optional(),
    cluster_name: NAME.optional(),
    deletion_protection: z.boolean().optional(),
  });
  const { cluster_spec: spec, cluster_name: name, deletion_protection } = valid(schema, asked.request.body);
  if (name !== undefined && clustersIn(asked).some((each) => each.name === name && each.id !== cluster.id))
    throw new CloudFailure(400, 'ErrorClusterNameAlreadyExist', `cluster name ${name} already exist`);
  const then = {
    ...(spec && { spec }),
    ...(name && { name }),
    ...(deletion_protection !== undefined && { deletionProtection: deletion_protection }),
  };
  return { cluster_id: cluster.id, ...changeCluster(asked, cluster, 'ModifyCluster', then) };
}

/** The answer has no body. The code for a cluster that is not Pro is not documented. */
export async function updateKms(asked: CsRequest): Promise<string> {
  const cluster = idleClusterOf(asked);
  const schema = z.object({ kms_key_id: z.string().optional(), disable_encryption: z.boolean().default(false) });
  const { kms_key_id: key, disable_encryption: disable } = valid(schema, asked.request.body);
  if ((cluster.spec ?? 'ack.pro.small') === 'ack.standard')
    throw new CloudFailure(400, 'ErrorClusterSpecNotSupport', 'Secrets can be encrypted in Pro clusters only.');
  if (!disable && !key)
    throw new CloudFailure(400, 'MissingParameter', 'The input parameter "kms_key_id" is not supplied.');
  changeCluster(asked, cluster, 'UpdateKMSEncryption', { kmsKey: disable ? '' : key });
  return '';
}

export async function deleteClusterRecord(asked: CsRequest): Promise<object> {
  const cluster = clusterOf(asked);
  // The real code is not documented.
  if (cluster.deletionProtection)
    throw new CloudFailure(400, 'ErrorClusterDeletionProtection', `Deletion protection is on for ${cluster.name}.`);
  if (cluster.pending)
    throw new CloudFailure(400, 'ErrorClusterState', `The cluster ${cluster.name} is ${cluster.pending.state}.`);
  return { cluster_id: cluster.id, ...changeCluster(asked, cluster, 'DeleteCluster') };
}

/** Starts the task of a change. @param then what the cluster is afterwards */
export function changeCluster(
  asked: CsRequest,
  cluster: ClusterRecord,
  action: ClusterChange,
  then: PendingClusterChange['then'] = {},
): { readonly request_id: string; readonly task_id: string } {
  const { store, now } = asked.parts;
  const { state, type } = TASKS[action];
  const ms = lasting(asked.parts, CLUSTER_CHANGE_MS[state]);
  const fails = consumeFault(store, faultOf(action)) !== undefined;
  const { failed: _failed, ...record } = cluster;
  const taskId = beginTask(asked, {
    clusterId: cluster.id,
    type,
    target: { type: 'cluster', id: cluster.id },
    ms,
    stages: STAGES[action],
    ...(fails && { error: `cluster ${cluster.name}: ${type} failed` }),
  });
  store.put(KIND.cluster, cluster.id, { ...record, pending: { state, until: now() + ms, then, fails } });
  return { request_id: randomUUID().toUpperCase(), task_id: taskId };
}

/** Does what time has brought about since the last request. */
export function completeClusterChanges(asked: CsRequest): void {
  const { store, now } = asked.parts;
  for (const { document } of store.listWith<ClusterRecord>(KIND.cluster, 'pending')) {
    const { pending, ...cluster } = document;
    if (pending && pending.until <= now()) complete(store, cluster, pending);
  }
}

function complete(
  store: CsRequest['parts']['store'],
  cluster: ClusterRecord,
  { state, fails, then }: PendingClusterChange,
): void {
  if (state === 'deleting' && !fails) {
    for (const pool of poolsOf(store, cluster.id)) store.delete(KIND.nodePool, pool.id);
    store.delete(KIND.cluster, cluster.id);
    store.delete(KIND.workers, cluster.id);
    return;
  }
  const failed = { initial: 'failed', deleting: 'delete_failed', updating: undefined } as const;
  store.put(KIND.cluster, cluster.id, { ...cluster, ...(fails ? { failed: failed[state] } : then) });
}
