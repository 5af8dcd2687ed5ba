import { type CloudUpgrade, isIdle } from '../../cloud/cluster-upgrade-state.ts';
import type { CloudUpgrades } from '../../cloud/cluster-upgrades.ts';
import type { ContainerService } from '../../cloud/cs.ts';
import { isPassing } from '../../cloud/errors.ts';
import { refuseErrors } from '../../cluster-upgrade/intent.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { realClock } from '../../lib/clock.ts';
import type { Output } from '../../output/index.ts';
import type { CommandResult } from '../../output/renderer.ts';
import { startScreen } from '../../output/screen.ts';
import { checkedByService } from '../cluster/checked.ts';
import { confirm, refuseUnanswerable } from '../confirmation.ts';
import { serviceOf } from '../nodepool/pools.ts';
import { interruptible } from '../signals.ts';
import { interrupted, logTo } from './follow.ts';
import { keptTask } from './kept-task.ts';
import type { ServiceFlags } from './service-flags.ts';
import { intentText, serviceData, serviceText } from './service-text.ts';

const RETRY_INTERVAL_MS = 2_000;
/** Looks in a row that get no answer, each of which was tried several times. */
const MOST_FAILURES = 20;

type Ended = Omit<CommandResult, 'command'>;

/** `edgeadm cluster upgrade start --cluster-id ...` */
export async function startOfService(
  flags: ServiceFlags & StartFlags,
  output: Output,
  argv: readonly string[],
): Promise<Ended> {
  return withUpgrades(flags, async (upgrades, signal, service) => {
    const { 'cluster-id': clusterId = '', 'target-version': version, 'dry-run': dryRun } = flags;
    const intent = await upgrades.intent(version, flags['control-plane-only']);
    output.tell(intentText(clusterId, intent));
    if (intent.existing) return endOfExisting(intent.existing, upgrades, { flags, output, signal, argv });
    const question = `Start the upgrade of cluster ${clusterId} to ${intent.to}?`;
    refuseUnanswerable(question, { output, yes: flags.yes || dryRun, argv });
    const type = intent.masterOnly ? 'MasterUpgrade' : 'ClusterUpgrade';
    const report = await checkedByService(service, {
      clusterId,
      type,
      targetVersion: intent.to,
      flags,
      output,
      signal,
    });
    if (report) refuseErrors(report, flags['ignore-preflight-errors']);
    const data = { clusterId, dryRun, ...intent, report };
    if (dryRun) return { ok: true, hosts: [], data, text: 'Nothing was changed (dry run).\n' };
    await confirm(question, { output, signal, yes: flags.yes, argv });
    const begun = await upgrades.start(intent);
    return ending(flags.wait ? await followService(upgrades, { flags, output, signal }) : begun, flags);
  });
}

interface Starting {
  readonly flags: ServiceFlags & StartFlags;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly argv: readonly string[];
}

/** Nothing is sent: an earlier run has started it. */
async function endOfExisting(
  now: CloudUpgrade,
  upgrades: CloudUpgrades,
  { flags, output, signal, argv }: Starting,
): Promise<Ended> {
  if (!flags.wait || isIdle(now)) return ending(now, flags);
  if (flags['dry-run'])
    return {
      ok: true,
      hosts: [],
      data: { ...serviceData(now), dryRun: true },
      text: 'Nothing was changed (dry run).\n',
    };
  await confirm('Wait for the upgrade?', { output, signal, yes: flags.yes, argv });
  return ending(await followService(upgrades, { flags, output, signal }), flags);
}

/** `edgeadm cluster upgrade plan --cluster-id ...` */
export async function planOfService(
  flags: ServiceFlags & Pick<StartFlags, 'target-version' | 'control-plane-only'>,
): Promise<{ data: object; text: string }> {
  return withUpgrades(flags, async (upgrades) => {
    const { 'cluster-id': clusterId = '', 'target-version': version } = flags;
    const intent = await upgrades.intent(version, flags['control-plane-only']);
    const start = `${lineFor('start', flags)} --target-version ${intent.to}`;
    if (intent.existing)
      return { data: serviceData(intent.existing), text: `${intentText(clusterId, intent)}To wait for it: ${start}\n` };
    return {
      data: { clusterId, ...intent },
      text: `${intentText(clusterId, intent)}The service checks the cluster first; to see its report now: ${checkLine(flags)}\nTo start it: ${start}\n`,
    };
  });
}

interface StartFlags {
  readonly report?: string;
  readonly 'ignore-preflight-errors'?: readonly string[];
  readonly 'target-version'?: string;
  readonly 'control-plane-only': boolean;
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly wait: boolean;
}

/** `edgeadm cluster upgrade status --cluster-id ...` */
export async function statusOfService(
  flags: ServiceFlags & { readonly watch?: boolean },
  output: Output,
): Promise<Ended> {
  return withUpgrades(flags, async (upgrades, signal) => {
    const now = await upgrades.look();
    const live = flags.watch ?? (process.stdout.isTTY && flags.output === 'text');
    if (!live || isIdle(now)) {
      const error = flags.watch && now.phase !== 'NotStarted' ? serviceEndingError(now, flags) : undefined;
      return { ok: error === undefined, hosts: [], error, data: serviceData(now), text: serviceText(now) };
    }
    const ended = await followService(upgrades, { flags, output, signal });
    const error = flags.watch ? serviceEndingError(ended, flags) : undefined;
    return { ok: error === undefined, hosts: [], error, data: serviceData(ended) };
  });
}

async function withUpgrades<T>(
  flags: ServiceFlags,
  action: (upgrades: CloudUpgrades, signal: AbortSignal, service: ContainerService) => Promise<T>,
): Promise<T> {
  const { cloudUpgrades } = await import('../../cloud/cluster-upgrades.ts');
  const { 'cluster-id': clusterId = '' } = flags;
  const memory = keptTask(clusterId);
  return interruptible(async (signal) => {
    const service = await serviceOf(flags, signal);
    return action(cloudUpgrades(service, clusterId, { signal, memory }), signal, service);
  });
}

interface Following {
  readonly flags: ServiceFlags;
  readonly output: Output;
  readonly signal: AbortSignal;
  /** Default: until nothing changes without another order. */
  readonly until?: (now: CloudUpgrade) => boolean;
}

/**
 * Looks until the upgrade pauses or ends, or as told: a screen on a terminal, else a line for each change.
 * @throws EdgeadmError INTERRUPTED by Ctrl-C: the upgrade continues
 */
export async function followService(
  upgrades: Pick<CloudUpgrades, 'look'>,
  { flags, output, signal, until = isIdle }: Following,
): Promise<CloudUpgrade> {
  const screen = process.stdout.isTTY && flags.output === 'text' ? startScreen(process.stdout) : undefined;
  const log = logTo(output);
  let told = '';
  let failures = 0;
  for (;;) {
    const now = await upgrades.look().catch((error: unknown) => {
      failures++;
      if (!isPassing(error) || failures === MOST_FAILURES) throw error;
      if (failures === 1) log.warning(`trying again: ${(error as Error).message}`);
      return undefined;
    });
    if (now) {
      failures = 0;
      screen?.show(serviceText(now));
      const line = progressLine(now);
      if (!screen && line !== told) log.info(line);
      told = line;
      if (until(now)) return now;
    }
    await realClock.sleep(RETRY_INTERVAL_MS, signal);
    if (signal.aborted) throw interrupted('stopped watching; the upgrade is still running', lineFor('status', flags));
  }
}

export function progressLine({ phase, version, progress, error }: CloudUpgrade): string {
  const more = [progress, error].filter(Boolean).join('; ');
  return `The upgrade is ${phase}, the control plane at ${version}${more && `: ${more}`}`;
}

/** How a command that has set an upgrade going ends. */
export function ending(upgrade: CloudUpgrade, flags: ServiceFlags): Ended {
  const error = isIdle(upgrade) ? serviceEndingError(upgrade, flags) : undefined;
  const text =
    upgrade.phase === 'Completed'
      ? `The cluster is upgraded to ${upgrade.version}.\n`
      : `The upgrade is running: ${lineFor('status', flags)}\n`;
  return { ok: error === undefined, hosts: [], error, data: serviceData(upgrade), text: error ? undefined : text };
}

export function serviceEndingError(upgrade: CloudUpgrade, flags: ServiceFlags): EdgeadmError | undefined {
  const { phase, clusterId, task, error } = upgrade;
  if (phase === 'Completed') return undefined;
  const failed = phase === 'Failed';
  return new EdgeadmError({
    code: failed ? 'CLOUD_UPGRADE_FAILED' : 'UPGRADE_PAUSED',
    what: `the upgrade of cluster ${clusterId} is ${phase === 'NotStarted' ? 'cancelled' : phase}`,
    why: [error, task?.taskId && `task ${task.taskId}`].filter(Boolean).join('\n'),
    next: phase === 'Paused' ? `${lineFor('continue', flags)}, or cancel` : lineFor('start', flags),
  });
}

/** The line for another look or step. */
export function lineFor(verb: string, flags: ServiceFlags): string {
  return `edgeadm cluster upgrade ${verb} ${clusterWords(flags)}`;
}

function checkLine(flags: ServiceFlags): string {
  return `edgeadm cluster check ${clusterWords(flags)}`;
}

export function clusterWords({ 'cluster-id': id, region, profile }: ServiceFlags): string {
  return `--cluster-id ${id} --region ${region}${profile ? ` --profile ${profile}` : ''}`;
}
