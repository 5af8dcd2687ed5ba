import type { CloudNode, CloudNodePool } from '../../cloud/actions/node-pools.ts';
import type { ContainerService } from '../../cloud/cs.ts';
import { waitForTask } from '../../cloud/cs-tasks.ts';
import { orderOnce } from '../../cloud/order-once.ts';
import type { OrderRun } from '../../cloud/order-run.ts';
import { type PoolPlace, poolPlaceOf } from '../../config/node-pool.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { closest } from '../../lib/closest.ts';
import { count } from '../../lib/count.ts';

/** The request of `node remove`. */
export interface RemovalRequest {
  readonly names: readonly string[];
  readonly drain: boolean;
  readonly release: boolean;
  /** Names that are not in the cluster count as removed. */
  readonly ignoreNotFound: boolean;
}

/** What a node is in the cloud. */
export interface ServiceNode {
  readonly name: string;
  /** Name of its pool, which another one may have too. */
  readonly pool: string;
  readonly poolId: string;
  readonly kind: PoolPlace;
  /** In the cloud: an ECS instance in a pool of them. */
  readonly isCloud: boolean;
  /** Ready, NotReady, Unknown, Offline. */
  readonly status: string;
  /** running, removing, … */
  readonly state?: string;
  readonly instanceId?: string;
  /** PostPaid: pay-as-you-go; PrePaid: subscription. */
  readonly charge?: string;
  readonly isMaster: boolean;
  readonly addresses: readonly string[];
}

/** How many nodes one request names; the reference has no limit. */
const BATCH = 100;

/**
 * Nodes with their pools. The type of a pool says what its nodes are; without a pool, what the service says of
 * the node counts.
 */
export function serviceNodes(nodes: readonly CloudNode[], pools: readonly CloudNodePool[]): ServiceNode[] {
  const byId = new Map(pools.map((pool) => [pool.nodepoolInfo.nodepoolId, pool.nodepoolInfo]));
  return nodes.map((node) => {
    const pool = byId.get(node.nodepoolId ?? '');
    const kind = pool?.type ? poolPlaceOf(pool.type) : node.isAliyunNode ? 'cloud' : 'edge';
    return {
      name: node.nodeName,
      pool: pool?.name ?? node.nodepoolId ?? '',
      poolId: node.nodepoolId ?? '',
      kind,
      isCloud: kind === 'cloud',
      status: node.nodeStatus ?? 'Unknown',
      state: node.state,
      instanceId: node.instanceId,
      charge: node.instanceChargeType,
      isMaster: node.instanceRole === 'Master',
      addresses: node.ipAddress ?? [],
    };
  });
}

/**
 * The nodes that are left to remove. Limits: the vendor's user guide, 7.3 and 4.5.
 * @throws EdgeadmError NODE_NOT_FOUND; NODE_REMOVAL_REFUSED with every limit that is violated
 */
export function nodesToRemove(
  { names, drain, release, ignoreNotFound }: RemovalRequest,
  nodes: readonly ServiceNode[],
  where: string,
): ServiceNode[] {
  const wanted = [...new Set(names)];
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const chosen = wanted.flatMap((name) => byName.get(name) ?? []);
  const unknown = wanted.filter((name) => !byName.has(name));
  if (unknown.length > 0 && !ignoreNotFound) throw notFound(unknown, nodes, where);
  const leaving = new Set(chosen.map(({ name }) => name));
  const stays = nodes.filter((node) => node.isCloud && !leaving.has(node.name) && node.state !== 'removing');
  const list = (of: (node: ServiceNode) => boolean): string => listed(chosen.filter(of));
  const others = list(({ isCloud }) => !isCloud);
  const masters = list(({ isMaster }) => isMaster);
  const prepaid = release ? list(({ charge }) => charge === 'PrePaid') : '';
  const reasons = [
    masters && `master nodes cannot be removed: ${masters}`,
    drain && others && `--drain works only if all are cloud nodes; these are not: ${others}`,
    release && others && `--release works only if all are cloud nodes; these are not: ${others}`,
    prepaid && `--release is for pay-as-you-go instances; subscriptions end by themselves: ${prepaid}`,
    chosen.some(({ isCloud }) => isCloud) && stays.length === 0 && 'the cluster needs at least one cloud node',
  ].filter((reason) => typeof reason === 'string' && reason !== '');
  if (reasons.length > 0) throw refused(reasons as string[], where);
  return chosen;
}

const MOST_LISTED = 10;

function listed(nodes: readonly ServiceNode[]): string {
  const names = nodes.slice(0, MOST_LISTED).map(({ name }) => name);
  return names.join(', ') + (nodes.length > MOST_LISTED ? `, … (${nodes.length})` : '');
}

function refused(reasons: readonly string[], where: string): EdgeadmError {
  return new EdgeadmError({
    code: 'NODE_REMOVAL_REFUSED',
    what: `these nodes of ${where} cannot be removed in this way`,
    why: reasons.join('\n'),
  });
}

function notFound(unknown: readonly string[], nodes: readonly ServiceNode[], where: string): EdgeadmError {
  const names = nodes.map(({ name }) => name);
  const near = closest(unknown[0] ?? '', names);
  return new EdgeadmError({
    code: 'NODE_NOT_FOUND',
    what: `${unknown.slice(0, MOST_LISTED).join(', ')}: not found in ${where}`,
    why: near ? `did you mean ${near}?` : `it has ${count('node', names.length)}`,
    next: `\`edgeadm node list --cluster-id ${where.replace(/^cluster /, '')}\` lists the nodes that the service knows; delete any other with \`kubectl delete node ${unknown[0]}\`, and if they were removed before, add --ignore-not-found`,
  });
}

export interface RemovalRun extends OrderRun {
  readonly clusterId: string;
}

/**
 * Removes nodes in batches, each when the task of the one before has ended. Nodes that an earlier run is removing are
 * waited for and not ordered. The list of all nodes, which is long, is read at the end, and if the state of a task is not known.
 * @throws EdgeadmError CLOUD_*, TIMEOUT, with the nodes that may still be there
 */
export async function removeInBatches(
  nodes: readonly ServiceNode[],
  options: Pick<RemovalRequest, 'drain' | 'release'>,
  run: RemovalRun,
): Promise<void> {
  const batches = batchesOf(nodes.filter(({ state }) => state !== 'removing'));
  let done = 0;
  try {
    for (const [index, batch] of batches.entries()) {
      const taskId = await orderRemoval(batch, options, run);
      const isLast = index === batches.length - 1;
      if (!isLast) await waitUntilGone(batch, taskId, { ...run, isLast });
      else if (run.wait) await waitUntilGone(nodes.slice(done), taskId, { ...run, isLast });
      done += batch.length;
      if (batches.length > 1) run.tell(`${done} of ${nodes.length} nodes are removed.`);
    }
    if (batches.length === 0 && run.wait) await waitUntilGone(nodes, undefined, run);
  } catch (error) {
    throw withRest(error, nodes.slice(done));
  }
}

function batchesOf(nodes: readonly ServiceNode[]): ServiceNode[][] {
  return Array.from({ length: Math.ceil(nodes.length / BATCH) }, (_, index) =>
    nodes.slice(index * BATCH, (index + 1) * BATCH),
  );
}

async function orderRemoval(
  batch: readonly ServiceNode[],
  options: Pick<RemovalRequest, 'drain' | 'release'>,
  run: RemovalRun,
): Promise<string | undefined> {
  const { service, clusterId, listDelayMs, paceMs, signal } = run;
  return orderOnce({
    what: `${count('node', batch.length)} to be removed`,
    send: () => service.removeNodes(clusterId, { nodes: batch.map(({ name }) => name), ...options }),
    shows: async () => (await stillThere(batch, run)).every(({ state }) => state === 'removing'),
    listDelayMs,
    paceMs,
    signal,
  });
}

async function stillThere(batch: readonly ServiceNode[], { service, clusterId }: RemovalRun): Promise<CloudNode[]> {
  const names = new Set(batch.map(({ name }) => name));
  return (await service.nodes(clusterId)).filter(({ nodeName }) => names.has(nodeName));
}

/** @param isLast look at the list too, once the task has ended */
async function waitUntilGone(
  batch: readonly ServiceNode[],
  taskId: string | undefined,
  { isLast = true, ...run }: RemovalRun & { readonly isLast?: boolean },
): Promise<void> {
  const { service, timeoutMs, paceMs, tell, signal } = run;
  await waitForTask<void>(service, taskId, {
    what: `${count('node', batch.length)} to be removed`,
    signal,
    timeoutMs,
    paceMs,
    tell,
    probe: async () => {
      const state = taskId === undefined ? undefined : await taskState(service, taskId);
      if (state === 'success' && !isLast) return { done: undefined };
      if (state === 'running') return { seen: `task ${taskId} is running` };
      const still = await stillThere(batch, run);
      if (still.length === 0) return { done: undefined };
      const seen = still.slice(0, MOST_LISTED).map((node) => `${node.nodeName} is ${node.state ?? 'there'}`);
      return { seen: seen.join(', ') };
    },
  });
}

/** undefined if the account may not see tasks. */
async function taskState(service: ContainerService, taskId: string): Promise<string | undefined> {
  return service.task(taskId).then(
    ({ state }) => state,
    () => undefined,
  );
}

/** Whatever ended it: which nodes are not known to be gone. */
function withRest(thrown: unknown, rest: readonly ServiceNode[]): unknown {
  if (!(thrown instanceof EdgeadmError)) return thrown;
  return new EdgeadmError({
    ...thrown.toJSON(),
    why: [thrown.why, `not known to be removed: ${listed(rest)}`].filter(Boolean).join('\n'),
    next: 'run the same command again with --ignore-not-found: it removes the nodes that are left',
    cause: thrown.cause,
  });
}
