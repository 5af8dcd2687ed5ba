import { setTimeout as sleep } from 'node:timers/promises';
import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { count } from '../../lib/count.ts';
import { now, type PhaseLog, phaseLog } from '../../workflow/events.ts';
import { armTimer, cutOff, reachesServers, restoreNetwork } from './network-cut.ts';
import { isBack, type RuntimePod, runningPods, stopPods, withRuntime } from './pods.ts';
import { type DrillReport, reportOf } from './report.ts';
import { type DrillOptions, flannelMac, lookAround, type Scene } from './scene.ts';

/** For what is done before and after the wait: stopping pods, starting services. */
const MARGIN_S = 120;
const LOOK_EVERY_MS = 500;

/**
 * Cuts a node off, ends what its pods run, starts its kubelet again, and looks which pods come back from the hub's
 * cache. The network is restored whatever happens: by a timer of systemd if edgeadm does not get there.
 * @returns undefined in a dry run
 * @throws EdgeadmError DRILL_REFUSED before anything is changed
 */
export async function drill(options: DrillOptions): Promise<DrillReport | undefined> {
  const { host, plain, spec, label, emit, dryRun, confirm } = options;
  const log = phaseLog((body) => emit({ ...body, host: label, phase: 'drill', time: now() }));
  const scene = await lookAround(options);
  const { nodeName, servers, pods } = scene;
  const seconds = Math.ceil(spec.limitMs / 1000) + MARGIN_S;
  const shown = servers.map(({ ip, port }) => `${ip}:${port}`).join(', ');
  if (dryRun) {
    const plan = (action: string): void => emit({ type: 'plan', action, host: label, phase: 'drill', time: now() });
    plan(`cut ${nodeName} off from ${shown} for at most ${seconds} s`);
    plan(
      `stop the containers of ${count('pod', pods.length)}, start ${PATHS.kubelet.unit} again, and wait for the pods`,
    );
    return undefined;
  }
  await confirm(
    `Cut ${nodeName} off from the API server (${shown}) and restart all containers of its ${count('pod', pods.length)}?`,
  );
  await armTimer(host, seconds);
  try {
    if (spec.cut === 'manual') await confirm(`Cut ${nodeName} off from ${shown} now. Is it cut off?`);
    else await cutOff(host, servers);
    log.info(`${nodeName} is cut off from ${shown}.`);
    return await underCut(options, scene, log);
  } finally {
    await restore(plain, log, { seconds, byHand: spec.cut === 'manual' });
  }
}

/** A connection that is gone at this moment is not why the drill fails: the node does it by itself. */
async function restore(
  plain: Host,
  log: PhaseLog,
  { seconds, byHand }: { readonly seconds: number; readonly byHand: boolean },
): Promise<void> {
  try {
    await restoreNetwork(plain);
    log.info(byHand ? 'Connect the node again.' : 'The network is restored.');
  } catch (error) {
    log.warning(
      `The network could not be restored at once (${toEdgeadmError(error).message}): a timer on the node restores it ${seconds} s after the start of the drill.`,
    );
  }
}

async function underCut({ host, spec, signal }: DrillOptions, scene: Scene, log: PhaseLog): Promise<DrillReport> {
  const { socket, servers, pods } = scene;
  if (await reachesServers(host, servers))
    throw new EdgeadmError({
      code: 'DRILL_REFUSED',
      what: 'the node still reaches its API server',
      why: 'the drill ended before it touched a pod',
    });
  await host.stopUnit(PATHS.kubelet.unit);
  await withRuntime(host, socket, (client) => stopPods(client, spec.wholePods), signal);
  const hub = await host.unit(PATHS.edgeHub.unit);
  if (hub.exists) await host.restartUnit(PATHS.edgeHub.unit);
  const started = performance.now();
  await host.startUnit(PATHS.kubelet.unit);
  log.info(`The containers were stopped, and the kubelet starts again. Waiting for ${count('pod', pods.length)}`);
  const back = new Map<string, number>();
  let seen: readonly RuntimePod[] = [];
  for (;;) {
    signal.throwIfAborted();
    seen = await withRuntime(host, socket, runningPods, signal);
    const elapsed = performance.now() - started;
    for (const pod of pods)
      if (
        !back.has(pod.uid) &&
        isBack(
          pod,
          seen.find(({ uid }) => uid === pod.uid),
        )
      )
        back.set(pod.uid, elapsed);
    if (back.size === pods.length || elapsed >= spec.limitMs) break;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
  return reportOf({ ...scene, limitMs: spec.limitMs, back, after: seen, macAfter: await flannelMac(host) });
}
