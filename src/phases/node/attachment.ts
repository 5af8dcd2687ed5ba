import type { InstanceAttachment } from '../../cloud/cs-nodes.ts';
import { waitForTask } from '../../cloud/cs-tasks.ts';
import type { Ens, EnsInstance } from '../../cloud/ens.ts';
import { isAmbiguous } from '../../cloud/errors.ts';
import { orderOnce } from '../../cloud/order-once.ts';
import type { OrderRun } from '../../cloud/order-run.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { count } from '../../lib/count.ts';
import { isNodeOf } from './attach-conditions.ts';
import { type ServiceNode, serviceNodes } from './removal.ts';

export interface AttachRun extends OrderRun {
  readonly clusterId: string;
  readonly pool: { readonly id: string; readonly name: string };
}

/**
 * Adds ECS instances to a pool of cloud nodes, in one request. What an earlier run is adding is waited for first.
 * @throws EdgeadmError CLOUD_*, TIMEOUT, with the instances that are not known to be nodes
 */
export async function attachEcs(
  ids: readonly string[],
  order: Omit<InstanceAttachment, 'instances'>,
  run: AttachRun,
): Promise<void> {
  const { service, clusterId, pool, listDelayMs, paceMs, timeoutMs, tell, signal } = run;
  const look = () => poolState(run);
  const missing = async () =>
    missingOf(
      ids.map((id) => ({ id })),
      await nodesNow(run),
    ).map(({ id }) => id);
  await naming(missing, async () => {
    await waitForTask<void>(service, undefined, {
      what: `node pool ${pool.name} to be active`,
      signal,
      timeoutMs,
      paceMs,
      probe: async () => {
        const state = await look();
        return state === 'active' ? { done: undefined } : { seen: `it is ${state}` };
      },
    });
    const instances = await missing();
    if (instances.length === 0) return;
    tell(`Adding ${count('ECS instance', instances.length)} to the node pool ${pool.name}.`);
    const taskId = await orderOnce({
      what: `${instances.join(', ')} to be added`,
      send: () => service.attachInstances(clusterId, pool.id, { ...order, instances }),
      shows: async () => (await look()) !== 'active' || (await missing()).length === 0,
      listDelayMs,
      paceMs,
      signal,
    });
    if (run.wait) await waitForNodes(missing, taskId, run);
  });
}

/** Remembers when a script was sent to an instance, for later commands on this machine. Neither method throws. */
export interface ScriptMemory {
  /** Milliseconds since 1970. */
  recall(instanceId: string): Promise<number | undefined>;
  keep(instanceId: string, time: number): Promise<void>;
}

/** How long a script may take to join its instance: so long none is sent again. Milliseconds. */
const SCRIPT_MS = 15 * 60_000;

/** What is remembered of a script that was refused or has joined its instance. */
const NEVER = 0;

interface EnsAttachRun extends AttachRun {
  readonly ens: Ens;
  /** Makes the line that joins; it contains a token. */
  readonly script: () => Promise<string>;
  readonly memory: ScriptMemory;
  /** Send it also where it was sent a short time ago. */
  readonly again: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Runs the attach script on ENS instances. ENS reports nothing of it: the instance is done when it shows as a node. One
 * to which the script was sent a short time ago is waited for, also after a kill.
 * @throws EdgeadmError CLOUD_*, TIMEOUT, with the instances that are not known to be nodes
 */
export async function attachEns(instances: readonly EnsInstance[], run: EnsAttachRun): Promise<void> {
  const missing = async () => missingOf(instances, await nodesNow(run)).map(({ id }) => id);
  await naming(missing, async () => {
    let line: string | undefined;
    for (const instance of missingOf(instances, await nodesNow(run))) {
      const sent = await run.memory.recall(instance.id);
      if (sent !== undefined && run.now() - sent < SCRIPT_MS && !run.again) {
        run.tell(
          `The script was sent to ${instance.id} at ${new Date(sent).toISOString()}: waiting for it (--again sends it again).`,
        );
        continue;
      }
      line ??= await run.script();
      await sendScript(instance, line, run);
    }
    if (!run.wait) return;
    await waitForNodes(missing, undefined, run);
    // It is done: an instance that is removed and added again needs the script again.
    for (const { id } of instances) await run.memory.keep(id, NEVER);
  });
}

async function sendScript(instance: EnsInstance, line: string, run: EnsAttachRun): Promise<void> {
  const { ens, memory, now, tell, listDelayMs, paceMs, signal } = run;
  // Kept before it is sent: from here on the program may be killed.
  await memory.keep(instance.id, now());
  tell(`Running the attach script on ${instance.id}.`);
  await orderOnce({
    what: `${instance.id} to show as a node`,
    send: () => ens.runScript(instance.id, line),
    shows: async () => missingOf([instance], await nodesNow(run)).length === 0,
    listDelayMs,
    paceMs,
    signal,
  }).catch(async (error: unknown) => {
    if (!isAmbiguous(error)) await memory.keep(instance.id, NEVER);
    throw error;
  });
}

async function waitForNodes(missing: () => Promise<string[]>, taskId: string | undefined, run: AttachRun) {
  await waitForTask<void>(run.service, taskId, {
    what: 'the instances to be nodes of the cluster',
    signal: run.signal,
    timeoutMs: run.timeoutMs,
    paceMs: run.paceMs,
    tell: run.tell,
    probe: async () => {
      const ids = await missing();
      return ids.length === 0 ? { done: undefined } : { seen: `${ids.join(', ')} not in the list of nodes` };
    },
  });
}

async function nodesNow({ service, clusterId, pool }: AttachRun): Promise<ServiceNode[]> {
  return serviceNodes(await service.nodes(clusterId, pool.id), []);
}

function missingOf<T extends { readonly id: string; readonly system?: EnsInstance['system'] }>(
  instances: readonly T[],
  nodes: readonly ServiceNode[],
): T[] {
  return instances.filter((instance) => !nodes.some((node) => isNodeOf(node, instance)));
}

async function poolState({ service, clusterId, pool }: AttachRun): Promise<string> {
  const pools = await service.nodePools(clusterId);
  return pools.find(({ nodepoolInfo }) => nodepoolInfo.nodepoolId === pool.id)?.status?.state ?? 'active';
}

/** Whatever ends the work: which instances are not known to be nodes. */
async function naming(missing: () => Promise<string[]>, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (!(thrown instanceof EdgeadmError)) throw thrown;
    const ids = await missing().catch(() => undefined);
    const left = ids
      ? `not in the list of nodes: ${ids.join(', ') || 'none'}`
      : 'it is not known which instances are nodes';
    throw new EdgeadmError({
      ...thrown.toJSON(),
      why: [thrown.why, left].filter(Boolean).join('\n'),
      next: 'run the same command again: it adds only what is missing',
      cause: thrown.cause,
    });
  }
}
