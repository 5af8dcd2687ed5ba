import type { EcsInstance } from '../../cloud/ecs.ts';
import type { EnsInstance } from '../../cloud/ens.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { ServiceNode } from './removal.ts';

/** What instances are added to. */
export interface AttachTarget {
  readonly pool: { readonly id: string; readonly name: string; readonly maxNodes?: number };
  /** Of the cluster. */
  readonly vpcId?: string;
  readonly nodes: readonly ServiceNode[];
  /** How many nodes a cluster of the account may have; undefined if the service does not say. */
  readonly quota?: number;
  /** Do not check the operating system. */
  readonly anyOs: boolean;
  readonly where: string;
}

/** Automatic adding. Source: the vendor's user guide, 6.2.3. */
const ENS_LIMITS = { system: /centos[\s_-]*7[._]0?[46](?!\d)/i, cpu: 2, memoryMb: 4096 };
/** Cloud nodes. Source: the vendor's user guide, 4.5. */
const ECS_SYSTEM = /centos[\s_-]*7[._]0?6(?!\d)/i;

/**
 * Instances that are not nodes of the pool yet.
 * @param ids as requested
 * @throws EdgeadmError ATTACH_REFUSED with every condition that is not met
 */
export function attachableEcs(
  ids: readonly string[],
  instances: readonly EcsInstance[],
  target: AttachTarget,
): string[] {
  const pending = ids.filter((id) => !target.nodes.some((node) => isNodeOf(node, { id })));
  const reasons = pending.flatMap((id) => {
    const instance = instances.find((each) => each.id === id);
    if (!instance) return [`${id}: the account has no such ECS instance in the region`];
    const { status, vpcId, osName } = instance;
    return [
      ...(status === 'Running' ? [] : [`${id}: it is ${status}, not Running`]),
      ...(target.vpcId && vpcId !== target.vpcId
        ? [`${id}: it is in VPC ${vpcId || '-'}, the cluster in ${target.vpcId}`]
        : []),
      ...(target.anyOs || ECS_SYSTEM.test(osName)
        ? []
        : [`${id}: it has ${osName || 'an unknown system'}, cloud nodes need CentOS 7.6`]),
    ];
  });
  refuse([...inOtherPools(ids, target), ...reasons, ...limits(pending.length, target)], target);
  return pending;
}

/** The same for ENS. */
export function attachableEns(
  ids: readonly string[],
  instances: readonly EnsInstance[],
  target: AttachTarget,
): EnsInstance[] {
  const found = ids.flatMap((id) => instances.find((each) => each.id === id) ?? []);
  const missing = ids.filter((id) => !found.some((each) => each.id === id));
  const pending = found.filter((instance) => !target.nodes.some((node) => isNodeOf(node, instance)));
  const reasons = pending.flatMap(({ id, status, system: { osName = '', cpu, memoryMb } }) => [
    ...(status === 'Running' ? [] : [`${id}: it is ${status}, not Running`]),
    ...(target.anyOs || ENS_LIMITS.system.test(osName)
      ? []
      : [`${id}: it has ${osName || 'an unknown system'}, automatic adding needs CentOS 7.4 or 7.6`]),
    ...((cpu ?? ENS_LIMITS.cpu) < ENS_LIMITS.cpu
      ? [`${id}: it has ${cpu} vCPU, at least ${ENS_LIMITS.cpu} are needed`]
      : []),
    ...((memoryMb ?? ENS_LIMITS.memoryMb) < ENS_LIMITS.memoryMb
      ? [`${id}: it has ${memoryMb} MB of memory, at least ${ENS_LIMITS.memoryMb} are needed`]
      : []),
  ]);
  const unknown = missing.map((id) => `${id}: the account has no such ENS instance in the region`);
  refuse([...unknown, ...inOtherPools(ids, target), ...reasons, ...limits(pending.length, target)], target);
  return pending;
}

/** True if the node is this instance: by the service's own words, by its name, or by a public address. */
export function isNodeOf(
  node: ServiceNode,
  instance: { readonly id: string; readonly system?: EnsInstance['system'] },
): boolean {
  const { hostName, addresses = [] } = instance.system ?? {};
  if (node.instanceId === instance.id || node.name === instance.id || node.name.endsWith(`.${instance.id}`))
    return true;
  if (hostName !== undefined && node.name === hostName.toLowerCase()) return true;
  return addresses.some((address) => !isPrivate(address) && node.addresses.includes(address));
}

/** Several sites have the same private addresses. */
function isPrivate(address: string): boolean {
  return /^(10|127)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\./.test(address);
}

function inOtherPools(ids: readonly string[], { nodes, pool }: AttachTarget): string[] {
  return ids.flatMap((id) => {
    const node = nodes.find((each) => isNodeOf(each, { id }));
    return node && node.poolId !== pool.id
      ? [`${id}: it is a node of the pool ${node.pool}; remove it there first`]
      : [];
  });
}

function limits(more: number, { nodes, pool, quota, where }: AttachTarget): string[] {
  const inPool = nodes.filter(({ poolId }) => poolId === pool.id).length;
  return [
    ...(pool.maxNodes && inPool + more > pool.maxNodes
      ? [`the node pool ${pool.name} takes ${pool.maxNodes} nodes, it has ${inPool}`]
      : []),
    ...(quota !== undefined && nodes.length + more > quota
      ? [`${where} may have ${quota} nodes, it has ${nodes.length}`]
      : []),
  ];
}

function refuse(reasons: readonly string[], { pool }: AttachTarget): void {
  if (reasons.length === 0) return;
  throw new EdgeadmError({
    code: 'ATTACH_REFUSED',
    what: `cannot add these instances to the node pool ${pool.name}`,
    why: [...new Set(reasons)].join('\n'),
  });
}
