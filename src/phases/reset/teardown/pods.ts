import { EdgeadmError } from '../../../errors/index.ts';
import type { Host } from '../../../host/host.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { CriClient, type PodSandbox } from '../../../kubernetes/cri/index.ts';
import { count } from '../../../lib/count.ts';
import { waitFor } from '../../../lib/wait-for.ts';
import type { PhaseLog } from '../../../workflow/events.ts';
import { removeCgroups } from './cgroups.ts';
import { removeDockerPods } from './docker.ts';
import { removeIdleNamespaces } from './network.ts';
import { killPods, podShims } from './processes.ts';
import { isDockershim, type NodeRuntime } from './runtime.ts';
import { type Failures, removeSandboxes } from './sandboxes.ts';

const ANSWER_TIMEOUT_MS = 5000;
const START_TIMEOUT_MS = 15_000;
const NEXT = 'run `edgeadm reset` again; `edgeadm reset --force` continues without them';

export interface RemovalTools {
  readonly log: PhaseLog;
  readonly signal?: AbortSignal;
  /** Continues where a pod cannot be removed. */
  readonly force?: boolean;
  /** The configuration of CNI that gave pods their network, if it has none of the usual names. */
  readonly network?: string;
}

/**
 * Stops and removes every pod of a node, static ones and what is left of earlier ones included; the kubelet must be
 * stopped. A runtime that does not run is started; one that does not answer has its pods killed.
 * @throws EdgeadmError RESET_INCOMPLETE with the pods that could not be removed
 */
export async function removePods(host: Host, runtime: NodeRuntime, tools: RemovalTools): Promise<void> {
  if (!host.runsPrograms) return;
  if (isDockershim(runtime)) return removeThroughDocker(host, runtime, tools);
  const client = await reach(host, runtime, tools);
  if (client) {
    await removeThrough(client, host, tools).finally(() => client.close());
  } else {
    await killPods(host, tools.log);
    await removeIdleNamespaces(host, tools.network);
  }
  await removeCgroups(host).catch((error: Error) => tools.log.debug(error.message));
}

async function removeThroughDocker(host: Host, { unit }: NodeRuntime, { log, force }: RemovalTools): Promise<void> {
  const state = await host.unit(unit);
  if (state.exists && !state.active) {
    if (!(await mayHavePods(host))) return;
    await host.startUnit(unit);
    if (!host.wet) return;
  }
  await removeDockerPods(host).catch((error: Error) => {
    if (!force)
      throw new EdgeadmError({
        code: 'RESET_INCOMPLETE',
        what: "the pods' docker containers could not be removed",
        why: error.message,
        next: NEXT,
        cause: error,
      });
    log.warning(error.message);
  });
}

/** @returns undefined if the runtime does not answer, or if there is nothing to ask it for */
async function reach(host: Host, { socket, unit }: NodeRuntime, tools: RemovalTools): Promise<CriClient | undefined> {
  const { signal } = tools;
  const connect = (timeoutMs: number) => CriClient.connect(host, socket, { timeoutMs, signal });
  const state = await host.unit(unit);
  if (state.active) {
    return connect(ANSWER_TIMEOUT_MS).catch((error: Error) => {
      signal?.throwIfAborted();
      tools.log.warning(error.message);
      return undefined;
    });
  }
  if (!state.exists || !(await mayHavePods(host))) return undefined;
  await host.startUnit(unit);
  if (!host.wet) return undefined;
  const probe = async () => ({ done: await connect(1000) });
  return waitFor({ what: `${unit} to answer`, probe, timeoutMs: START_TIMEOUT_MS, signal }).catch((error: Error) => {
    signal?.throwIfAborted();
    tools.log.warning(error.message);
    return undefined;
  });
}

async function mayHavePods(host: Host): Promise<boolean> {
  return (await host.list(`${PATHS.kubelet.directory}/pods`)).length > 0 || (await podShims(host)).length > 0;
}

/** Through a runtime that answers. */
export async function removeThrough(
  client: CriClient,
  host: Host,
  { log, signal, force, network }: RemovalTools,
): Promise<void> {
  const pods = await client.podSandboxes();
  if (!host.wet) {
    for (const pod of pods) log.info(`Would stop and remove pod ${nameOf(pod)}.`);
    return;
  }
  const failed = await removeSandboxes(client, host, pods, network);
  signal?.throwIfAborted();
  if (pods.length > failed.size) log.info(`${count('pod', pods.length - failed.size)} stopped and removed.`);
  report(failed, log, force);
}

function report(failed: Failures, log: PhaseLog, force = false): void {
  if (failed.size === 0) return;
  const why = [...failed].map(([sandbox, reason]) => `${nameOf(sandbox)}: ${reason}`).join('\n');
  const what = `${count('pod', failed.size)} could not be removed`;
  if (!force) throw new EdgeadmError({ code: 'RESET_INCOMPLETE', what, why, next: NEXT });
  log.warning(`${what}:\n${why}`);
}

function nameOf({ namespace, name }: PodSandbox): string {
  return `${namespace}/${name}`;
}
