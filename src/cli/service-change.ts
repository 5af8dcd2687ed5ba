import { Flags } from '@oclif/core';
import type { ContainerService } from '../cloud/cs.ts';
import { EdgeadmError } from '../errors/index.ts';
import { usageError } from '../errors/usage.ts';
import { commandLine } from '../host/quote.ts';
import type { Output } from '../output/index.ts';
import type { CommandResult } from '../output/renderer.ts';
import { confirm } from './confirmation.ts';
import { durationOf, nodeFlags } from './flags.ts';
import { clusterIdFlag, logOf, type PoolSourceFlags, poolSourceFlags, serviceOf } from './nodepool/pools.ts';
import { interruptible } from './signals.ts';

/** A cluster of the container service. */
export const serviceFlags = {
  'cluster-id': Flags.string({ ...clusterIdFlag, env: 'EDGEADM_CLUSTER_ID' }),
  region: poolSourceFlags.region,
  profile: poolSourceFlags.profile,
};

/** Flags of the commands that change something in it. */
export const serviceChangeFlags = {
  ...serviceFlags,
  'dry-run': Flags.boolean({ description: 'show the plan without changing anything', helpGroup: 'COMMON' }),
  yes: nodeFlags.yes,
  wait: Flags.boolean({
    allowNo: true,
    default: true,
    description: 'wait until it is done; --no-wait returns when the request is accepted',
    helpGroup: 'COMMON',
  }),
  timeout: Flags.string({
    helpValue: 'DURATION',
    description: 'time limit of each wait, such as 90s or 10m (default: 10m)',
    helpGroup: 'COMMON',
  }),
};

/** What oclif made of {@link serviceChangeFlags}. */
export interface ServiceChangeFlags extends PoolSourceFlags {
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly wait: boolean;
  readonly timeout?: string;
}

/** Sentence of a command's help: what a RAM user needs; docs/ram-policy.json has a policy with all of them. */
export function ramActions(...actions: readonly string[]): string {
  return `RAM actions: ${actions.map((action) => (action.includes(':') ? action : `cs:${action}`)).join(', ')}.`;
}

/** @throws EdgeadmError USAGE with `mistakes` and what is missing to find the cluster */
export function requireClusterId(flags: PoolSourceFlags, mistakes: readonly string[] = []): string {
  const { 'cluster-id': id, region } = flags;
  const all = [
    ...(id ? [] : ['--cluster-id is required: this is done by the container service']),
    ...(region ? [] : ['--region is required: the region of the cluster']),
    ...mistakes,
  ];
  if (all.length > 0) throw usageError(all);
  return id ?? '';
}

/** Opens the container service for one look. */
export function withService<T>(
  flags: PoolSourceFlags,
  action: (service: ContainerService, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return interruptible(async (signal) => action(await serviceOf(flags, signal), signal));
}

/** A change that was worked out and not made yet. */
export interface ServicePlan {
  /** For people, before they are asked; none: there is nothing to do. */
  readonly lines: readonly string[];
  /** `Upgrade 2 add-ons of cluster c1?` */
  readonly question: string;
  /** For people, if there is nothing to do. */
  readonly unchanged: string;
  readonly data: object;
}

export interface ChangeWork {
  readonly service: ContainerService;
  readonly clusterId: string;
  readonly signal: AbortSignal;
  readonly wait: boolean;
  readonly timeoutMs?: number;
  /** Tells a line that stays on the screen. */
  readonly tell: (line: string) => void;
}

interface ChangeOptions<P extends ServicePlan> {
  readonly flags: ServiceChangeFlags;
  /** Of a cluster that does not exist yet. Default: `--cluster-id`, which is required then. */
  readonly clusterName?: string;
  readonly output: Output;
  /** The words of the command, behind `edgeadm`. */
  readonly argv: readonly string[];
  readonly plan: (work: ChangeWork) => Promise<P>;
  /** @returns what the command prints at the end, and data beside that of the plan */
  readonly run: (plan: P, work: ChangeWork) => Promise<ChangeEnd>;
}

/** How a change ended. */
interface ChangeEnd extends Pick<CommandResult, 'text' | 'error'> {
  readonly data?: object;
}

type Ended = Omit<CommandResult, 'command'>;

/**
 * A change by the container service: the plan is shown, confirmed and carried out. Nothing to do ends with 0.
 * @throws EdgeadmError CONFIRMATION_NEEDED; INTERRUPTED, with the line that continues
 */
export async function changeInService<P extends ServicePlan>(options: ChangeOptions<P>): Promise<Ended> {
  const { flags, output, argv } = options;
  const clusterId = options.clusterName ?? requireClusterId(flags);
  const timeoutMs = durationOf(flags.timeout, '--timeout');
  const log = logOf(output, argv.slice(0, 2).join(' '));
  return withService(flags, async (service, signal) => {
    const work = { service, clusterId, signal, wait: flags.wait, timeoutMs, tell: (line: string) => log.info(line) };
    const plan = await options.plan(work);
    const dryRun = flags['dry-run'];
    const data = { ...plan.data, plan: plan.lines, dryRun };
    if (plan.lines.length === 0)
      return { ok: true, hosts: [], data: { ...data, changed: false }, text: plan.unchanged };
    output.tell(`Plan for cluster ${clusterId}:\n${plan.lines.map((line) => `  ${line}\n`).join('')}`);
    if (dryRun) return { ok: true, hosts: [], data, text: 'Nothing was changed (dry run).\n' };
    await confirm(plan.question, { output, signal, yes: flags.yes, argv });
    const end = await options.run(plan, work).catch((error: unknown) => {
      throw signal.aborted ? stopped(error, argv) : error;
    });
    const { error, text } = end;
    return { ok: error === undefined, hosts: [], error, data: { ...data, ...end.data, changed: true }, text };
  });
}

/** What the service has begun continues; the same command looks first what is left. */
function stopped(error: unknown, argv: readonly string[]): EdgeadmError {
  return new EdgeadmError({
    code: 'INTERRUPTED',
    what: 'interrupted; the container service continues what it has started',
    why: error instanceof Error ? error.message : undefined,
    next: `to continue: ${commandLine(['edgeadm', ...argv])}`,
    cause: error,
  });
}
