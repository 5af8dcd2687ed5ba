import type { CloudCluster, ListedCluster } from '../../cloud/actions/clusters.ts';
import type { ContainerService } from '../../cloud/cs.ts';
import { waitForTask } from '../../cloud/cs-tasks.ts';
import { invalidAnswer } from '../../cloud/errors.ts';
import type { Networks } from '../../cloud/networks.ts';
import { orderOnce } from '../../cloud/order-once.ts';
import type { OrderRun } from '../../cloud/order-run.ts';
import { CLUSTER_SPECS, type CloudClusterSpec } from '../../config/cloud-cluster.ts';
import {
  type ClusterLimit,
  type LimitBreach,
  refuseClusterSpec,
  refuseTaken,
  type TakenRange,
} from '../../config/cloud-cluster-rules.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { clusterIfThere, onlyOneNamed } from './find.ts';
import { clusterBody } from './request.ts';
import { surroundingsOf } from './surroundings.ts';

/** The guide says about ten minutes; the vendor's Terraform provider waits for an hour. */
const CREATION_MS = 3_600_000;

export interface CreationOptions {
  readonly spec: CloudClusterSpec;
  /** Further ranges that pods and Services must not overlap with. */
  readonly vpcCidrs: readonly string[];
  /** Undefined: what is around the cluster is not looked at. */
  readonly networks?: Networks;
  readonly ignoredLimits: readonly ClusterLimit[];
}

/** What is there, and what is left to do. */
export interface Creation {
  readonly spec: CloudClusterSpec;
  /** The version that it will have, if the service says. */
  readonly version?: string;
  /** Of this name, as requested. */
  readonly existing?: ListedCluster;
  /** Breaches that the user ignores. */
  readonly ignored: readonly LimitBreach[];
  /** What could not be checked. */
  readonly notChecked: readonly string[];
}

/**
 * Looks before anything is bought: a cluster of this name is waited for or left as it is. What the request alone breaks is
 * refused without a call.
 * @throws EdgeadmError CLOUD_CLUSTER_DIFFERS, CLOUD_CLUSTER_FAILED, CLOUD_CLUSTER_REFUSED with all limits of the request, or
 * of what is around the cluster
 */
export async function planCreation(service: ContainerService, options: CreationOptions): Promise<Creation> {
  const { spec, vpcCidrs: given, ignoredLimits, networks } = options;
  const ofRequest = refuseClusterSpec(spec);
  refuseBreaches(spec, ofRequest, ignoredLimits);
  const all = await service.clusters(spec.region);
  const existing = onlyOneNamed(all, spec.name, spec.region);
  if (existing) {
    refuseOther(spec, existing);
    return { spec, existing, ignored: [], notChecked: [] };
  }
  const [quota, versions, around] = await Promise.all([
    service.clusterQuota(),
    service.creatableVersions(spec.region),
    surroundingsOf(spec, networks),
  ]);
  const vpcCidrs = [...new Set([...given, ...around.vpcCidrs])];
  const names = versions.map(({ version }) => version);
  const breaches = [
    ...ofRequest,
    ...refuseQuota(all, quota),
    ...refuseVersion(spec, names),
    ...around.breaches,
    ...refuseTaken(spec, [...vpcCidrs.map((cidr) => ({ of: 'the VPC', cidr })), ...takenIn(all, spec.vpc)]),
  ];
  refuseBreaches(spec, breaches, ignoredLimits);
  return { spec, version: spec.kubernetesVersion ?? newestOf(names), ignored: breaches, notChecked: around.notChecked };
}

function refuseQuota(clusters: readonly ListedCluster[], quota: number | undefined): LimitBreach[] {
  if (quota === undefined || clusters.length < quota) return [];
  const why = `the account's quota is ${quota} clusters, and the region has ${clusters.length} edge clusters`;
  return [{ limit: 'ClusterQuota', why }];
}

function refuseVersion({ kubernetesVersion }: CloudClusterSpec, creatable: readonly string[]): LimitBreach[] {
  if (!kubernetesVersion || creatable.length === 0 || creatable.includes(kubernetesVersion)) return [];
  const why = `a new cluster cannot have ${kubernetesVersion}; possible are ${creatable.join(', ')}`;
  return [{ limit: 'KubernetesVersion', why }];
}

/** The service takes its newest if none is named. */
function newestOf(versions: readonly string[]): string | undefined {
  return [...versions].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
}

function takenIn(clusters: readonly ListedCluster[], vpc: string): TakenRange[] {
  return clusters
    .filter(({ vpcId }) => vpcId === vpc)
    .flatMap(({ name, containerCidr, serviceCidr }) =>
      [containerCidr, serviceCidr].flatMap((cidr) => (cidr ? [{ of: `cluster ${name}`, cidr }] : [])),
    );
}

function refuseBreaches(
  { name, region }: CloudClusterSpec,
  breaches: readonly LimitBreach[],
  ignoredLimits: readonly ClusterLimit[],
): void {
  const refused = breaches.filter(({ limit }) => !ignoredLimits.includes(limit));
  if (refused.length === 0) return;
  throw new EdgeadmError({
    code: 'CLOUD_CLUSTER_REFUSED',
    what: `cluster ${name} cannot be created in ${region}`,
    why: refused.map(({ limit, why }) => `${limit}: ${why}`).join('\n'),
  });
}

/** @throws EdgeadmError unless it is the cluster that is requested, and can become or be running */
function refuseOther(spec: CloudClusterSpec, existing: ListedCluster): void {
  const { clusterId, state } = existing;
  if (state === 'failed' || state === 'deleting' || state === 'delete_failed') throw unusable(existing);
  const wanted: Readonly<Record<string, readonly [asked: string | undefined, found: string | undefined]>> = {
    edition: [CLUSTER_SPECS[spec.edition], existing.clusterSpec],
    kubernetesVersion: [spec.kubernetesVersion, existing.initVersion ?? existing.currentVersion],
    vpc: [spec.vpc, existing.vpcId],
    vswitches: [[...spec.vswitches].sort().join(','), existing.vswitchIds && [...existing.vswitchIds].sort().join(',')],
    podCidr: [spec.podCidr, existing.containerCidr],
    serviceCidr: [spec.serviceCidr, existing.serviceCidr],
  };
  const different = Object.entries(wanted).filter(([, [asked, found]]) => asked && found && asked !== found);
  if (different.length === 0) return;
  throw new EdgeadmError({
    code: 'CLOUD_CLUSTER_DIFFERS',
    what: `${spec.region} already has a cluster ${spec.name} (${clusterId}) with other settings`,
    why: different.map(([key, [asked, found]]) => `${key}: requested ${asked}, found ${found}`).join('\n'),
  });
}

function unusable({
  name,
  clusterId,
  state,
  regionId,
}: Pick<ListedCluster, 'name' | 'clusterId' | 'state' | 'regionId'>) {
  return new EdgeadmError({
    code: 'CLOUD_CLUSTER_FAILED',
    what: `cluster ${name} (${clusterId}) is ${state}`,
    next:
      state === 'deleting'
        ? `wait until it is gone: edgeadm cluster delete ${clusterId}${regionId ? ` --region ${regionId}` : ''}`
        : undefined,
  });
}

/**
 * Creates the cluster, or waits for the one that an earlier run has ordered. The order is sent once; if its answer is
 * lost, the list tells whether it took effect.
 * @returns the cluster, as it is now
 * @throws EdgeadmError CLOUD_*, TIMEOUT, which name the cluster once its ID is known
 */
export async function createCluster({ spec, existing }: Creation, run: OrderRun): Promise<CloudCluster> {
  const { service, wait, signal, timeoutMs = CREATION_MS, tell } = run;
  const { id, taskId } = existing ? await orderedBefore(service, existing) : await order(spec, run);
  tell(`The ID of cluster ${spec.name} is ${id}${taskId ? `, its task ${taskId}` : ''}.`);
  if (!wait) return (await clusterIfThere(service, id)) ?? { clusterId: id, name: spec.name, state: 'initial' };
  let wasThere = false;
  return waitForTask<CloudCluster>(service, taskId, {
    what: `cluster ${spec.name} (${id}) to be running`,
    signal,
    timeoutMs,
    tell,
    probe: async () => {
      // The service may show a new cluster some seconds late.
      const cluster = wasThere ? await service.cluster(id) : await clusterIfThere(service, id);
      if (!cluster) return { seen: 'it is not shown yet' };
      wasThere = true;
      if (cluster.state === 'failed') throw unusable(cluster);
      return cluster.state === 'running' ? { done: cluster } : { seen: `it is ${cluster.state}` };
    },
  });
}

interface Ordered {
  readonly id: string;
  readonly taskId?: string;
}

async function order(spec: CloudClusterSpec, { service, listDelayMs, signal }: OrderRun): Promise<Ordered> {
  const { name, region } = spec;
  let found: ListedCluster | undefined;
  const answer = await orderOnce({
    what: `cluster ${name} to appear in ${region}`,
    send: async () => {
      const { clusterId: id, taskId } = await service.createCluster(clusterBody(spec));
      if (id) return { id, taskId };
      throw invalidAnswer({ endpoint: service.endpoint, action: 'CreateCluster' }, 'it has no cluster_id');
    },
    shows: async () => {
      found = onlyOneNamed(await service.clusters(region), name, region);
      return found !== undefined;
    },
    listDelayMs,
    signal,
  });
  if (answer) return answer;
  if (found) return orderedBefore(service, found);
  throw new EdgeadmError({ code: 'CLOUD_NO_ANSWER', what: `cluster ${name} appeared in ${region}, and is gone again` });
}

/** The task of its creation; the account may be without the right to see tasks. */
async function orderedBefore(service: ContainerService, { clusterId: id }: ListedCluster): Promise<Ordered> {
  const tasks = await service.tasks(id).catch(() => []);
  return { id, taskId: tasks.find(({ taskType }) => taskType === 'cluster_create')?.taskId };
}
