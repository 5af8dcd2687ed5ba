import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { checkShape, jsonMap } from '../../lib/check-shape.ts';
import { count } from '../../lib/count.ts';
import { now, phaseLog } from '../../workflow/events.ts';
import { losesPodsOffline } from '../diagnose/collectors/offline-autonomy.ts';
import { endBootDrill } from '../reset/teardown/drill.ts';
import { BOOT_STATE, forgetBootDrill, momentOf, prepareBoot } from './boot-files.ts';
import { reachesServers } from './network-cut.ts';
import { isBack, type RuntimePod, runningPods, withRuntime } from './pods.ts';
import { type DrillReport, reportOf } from './report.ts';
import { type DrillOptions, flannelMac, lookAround, refused, type Scene } from './scene.ts';

/** A machine boots in less; the network is restored so long after the limit, counted from the boot. Seconds. */
const BOOT_S = 600;
/** For edgeadm to end, and to say what happens. */
const REBOOT_AFTER = '3s';
const LOOK_EVERY_MS = 1000;

/** What becomes of a drill with a reboot: the node boots, or has booted and was judged. */
export type RebootDrill = { readonly rebootsFor: string; readonly seconds: number } | DrillReport | undefined;

/**
 * Reboots a node that cuts itself off while it boots. The same command, run again after the boot, judges what came
 * back, and restores the network; a timer on the node does that, too.
 * @returns undefined in a dry run
 * @throws EdgeadmError DRILL_REFUSED before anything is changed
 */
export async function drillByReboot(options: DrillOptions): Promise<RebootDrill> {
  const { host, plain } = options;
  const text = await host.read(BOOT_STATE);
  if (text === undefined) return beginReboot(options);
  if (options.dryRun) throw refused('a drill with a reboot is in progress: its second run ends it');
  if ((await momentOf(host, 'cut')) === undefined) throw await notCut(plain);
  try {
    return await judge(options, sceneIn(text));
  } finally {
    await end(options);
  }
}

async function beginReboot({ host, plain, spec, label, emit, dryRun, confirm, ...more }: DrillOptions) {
  const scene = await lookAround({ host, plain, spec, label, emit, dryRun, confirm, ...more });
  const { nodeName, servers, pods } = scene;
  const seconds = Math.ceil(spec.limitMs / 1000) + BOOT_S;
  const shown = servers.map(({ ip, port }) => `${ip}:${port}`).join(', ');
  if (dryRun) {
    const action = `reboot ${nodeName}, cut off from ${shown} for at most ${seconds} s, and wait for its ${count('pod', pods.length)}`;
    emit({ type: 'plan', action, host: label, phase: 'drill', time: now() });
    return undefined;
  }
  await confirm(`Reboot ${nodeName} with its ${count('pod', pods.length)}, cut off from the API server (${shown})?`);
  try {
    await prepareBoot(host, servers, { state: stateOf(scene), seconds });
    const reboot = ['--unit=edgeadm-drill-reboot', `--on-active=${REBOOT_AFTER}`, 'systemctl', 'reboot'];
    await host.run('systemd-run', reboot);
  } catch (error) {
    await endBootDrill(plain).catch(() => {});
    await forgetBootDrill(plain);
    throw error;
  }
  return { rebootsFor: nodeName, seconds };
}

/** What was prepared is removed: the next boot is one like any other. */
async function notCut(plain: Host): Promise<EdgeadmError> {
  await endBootDrill(plain);
  await forgetBootDrill(plain);
  return new EdgeadmError({
    code: 'DRILL_REFUSED',
    what: 'the drill proves nothing: the node was not cut off',
    why: 'the machine has not rebooted since the drill started, or iptables failed during the boot; the drill was ended',
    next: 'journalctl -u edgeadm-drill-cut.service; then begin again: edgeadm node drill --reboot',
  });
}

async function end({ plain, label, emit }: DrillOptions): Promise<void> {
  const log = phaseLog((body) => emit({ ...body, host: label, phase: 'drill', time: now() }));
  try {
    await endBootDrill(plain);
    await forgetBootDrill(plain);
    log.info('The network is restored.');
  } catch (error) {
    log.warning(
      `The network could not be restored at once (${toEdgeadmError(error).message}): a timer on the node does it.`,
    );
  }
}

async function judge({ host, spec, signal }: DrillOptions, before: Scene): Promise<DrillReport> {
  const { pods, servers, socket } = before;
  const wasReached = await reachesWhileCut(host, servers);
  const back = new Map<string, number>();
  let seen: readonly RuntimePod[] = [];
  for (;;) {
    signal.throwIfAborted();
    const restored = (await momentOf(host, 'restored')) ?? Number.POSITIVE_INFINITY;
    const started = await kubeletStart(host);
    seen = await withRuntime(host, socket, runningPods, signal).catch((): RuntimePod[] => []);
    for (const pod of pods) {
      const found = seen.find(({ uid }) => uid === pod.uid);
      const created = Math.max(...[...(found?.containers.values() ?? [])].map(({ createdAt }) => createdAt));
      if (started !== undefined && isBack(pod, found) && created < restored)
        back.set(pod.uid, Math.max(created - started, 0));
    }
    const waited = started === undefined ? 0 : (await host.clock()).now - started;
    if (back.size === pods.length || waited >= spec.limitMs || Number.isFinite(restored)) break;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
  const late = [...back].filter(([, ms]) => ms > spec.limitMs).map(([uid]) => uid);
  for (const uid of late) back.delete(uid);
  const autonomy = (await losesPodsOffline(host)) ?? before.autonomy;
  const after = { autonomy, limitMs: spec.limitMs, back, after: seen, macAfter: await flannelMac(host) };
  const report = reportOf({ ...before, ...after });
  if (!wasReached) return report;
  return {
    ...report,
    faults: ['the node reached its API server after the boot: it was not cut off', ...report.faults],
  };
}

async function reachesWhileCut(host: Host, servers: Scene['servers']): Promise<boolean> {
  return (await momentOf(host, 'restored')) === undefined && (await reachesServers(host, servers));
}

/** By the clock of the node, as the times of containers are. Milliseconds; undefined before it is started. */
async function kubeletStart(host: Host): Promise<number | undefined> {
  const property = '--property=ExecMainStartTimestamp';
  const { stdout } = await host.query('env', ['TZ=UTC', 'LC_ALL=C', 'systemctl', 'show', property, PATHS.kubelet.unit]);
  const [, day, time] = /=\w+ ([\d-]+) ([\d:]+) UTC/.exec(stdout) ?? [];
  return day === undefined ? undefined : Date.parse(`${day}T${time}Z`);
}

const SAVED = z.object({
  nodeName: z.string(),
  servers: z.array(z.object({ ip: z.string(), port: z.number() })),
  socket: z.string(),
  autonomy: z.object({ losesPods: z.boolean(), detail: z.string() }),
  pods: z.array(
    z.object({
      uid: z.string(),
      name: z.string(),
      address: z.string().optional(),
      containers: z.array(z.tuple([z.string(), z.object({ id: z.string(), createdAt: z.number() })])),
    }),
  ),
  mac: z.string().optional(),
});

function stateOf(scene: Scene): string {
  const pods = scene.pods.map((pod) => ({ ...pod, containers: [...pod.containers] }));
  return `${JSON.stringify({ ...scene, pods })}\n`;
}

function sceneIn(text: string): Scene {
  const origin = { what: BOOT_STATE, code: 'DRILL_REFUSED', next: `rm -r ${PATHS.edgeadm.drill}` } as const;
  const saved = checkShape(SAVED, jsonMap(text, origin), origin);
  const pods = saved.pods.map((pod) => ({ ...pod, address: pod.address, containers: new Map(pod.containers) }));
  return { ...saved, mac: saved.mac, pods };
}
