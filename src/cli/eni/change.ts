import { Flags } from '@oclif/core';
import { type Ens, ens } from '../../cloud/ens.ts';
import { INSTANCE_ID } from '../../config/grammar.ts';
import { COMMAND_TIMEOUT_MS } from '../../config/join-spec.ts';
import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import { usageError } from '../../errors/usage.ts';
import { localMachine } from '../../host/local.ts';
import type { ApiClient, ClientOptions, PlanWrite } from '../../kubernetes/api/client.ts';
import { formatDuration } from '../../lib/duration.ts';
import { Stopwatch } from '../../lib/stopwatch.ts';
import type { Output } from '../../output/index.ts';
import type { CommandResult } from '../../output/renderer.ts';
import { CONTROL_PLANE, hasControlPlane } from '../../phases/eni/cluster-node.ts';
import type { EniOptions } from '../../phases/eni/run.ts';
import { now, phaseLog } from '../../workflow/events.ts';
import { type CloudFlags, callerOf, cloudFlags } from '../cloud-flags.ts';
import { isNamed, kubeconfigFlagFor, optionalKubeconfig } from '../cluster-access.ts';
import { type DrainFlags, drainFlags } from '../drain-flags.ts';
import { durationOf, nodeFlags, nonEmptyName } from '../flags.ts';
import { confirmOnTerminal } from '../prompts.ts';
import { commandSignal, until } from '../signals.ts';

/** Milliseconds: an instance that was stopped is started again, however the command ends. */
const RESTART_MS = 600_000;

/** @throws EdgeadmError USAGE */
async function instanceId(given: string): Promise<string> {
  const text = await nonEmptyName('--instance')(given);
  if (INSTANCE_ID.pattern.test(text)) return text;
  throw usageError([`--instance: ${INSTANCE_ID.rule}`]);
}

export const instanceFlag = {
  instance: Flags.string({
    required: true,
    parse: instanceId,
    helpValue: 'ID',
    description: 'ID of the ENS instance',
  }),
};

/** Flags of the commands that change an instance. */
export const changeFlags = {
  ...instanceFlag,
  'force-stop': Flags.boolean({
    default: false,
    description: 'force power-off instead of a graceful shutdown',
  }),
  kubeconfig: kubeconfigFlagFor('if the instance is a node of this cluster, drain the node first; "" for no cluster'),
  ...drainFlags,
  ...cloudFlags,
  'dry-run': Flags.boolean({ description: 'show the plan without changing anything', helpGroup: 'COMMON' }),
  yes: nodeFlags.yes,
  verbose: nodeFlags.verbose,
  'log-file': nodeFlags['log-file'],
  timeout: nodeFlags.timeout,
};

/** What oclif made of {@link changeFlags}. */
export interface ChangeFlags extends CloudFlags, DrainFlags {
  readonly instance: string;
  readonly kubeconfig?: string;
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly timeout?: string;
}

/** ENS for a command that only looks. @param signal ends what it reads */
export async function openEns(flags: CloudFlags, output: Output, signal: AbortSignal): Promise<Ens> {
  const log = phaseLog((body) => output.emit({ ...body, host: 'localhost', phase: 'eni', time: now() }));
  return ens(await callerOf(flags, { product: 'ens' }, log.warning), signal);
}

/** What the command did, for people and programs. */
export interface EniOutcome {
  readonly outcome: string;
  readonly data: object;
  readonly text: string;
}

/** Changes one instance: opens cloud and cluster, runs the work, and shows how it ended. */
export async function changeInstance(
  flags: ChangeFlags,
  output: Output,
  work: (options: Omit<EniOptions<never>, 'spec'>) => Promise<EniOutcome>,
): Promise<Omit<CommandResult, 'command'>> {
  const host = flags.instance;
  const dryRun = flags['dry-run'];
  const watch = new Stopwatch();
  const { signal, done } = commandSignal(durationOf(flags.timeout, '--timeout') ?? COMMAND_TIMEOUT_MS, {
    interruptedMs: RESTART_MS,
    cleanUpMs: RESTART_MS,
  });
  const plan: PlanWrite = (action) => output.emit({ type: 'plan', action, host, phase: '', time: now() });
  const planned = dryRun ? plan : undefined;
  const log = phaseLog((body) => output.emit({ ...body, host, phase: 'eni', time: now() }));
  let cluster: ApiClient | undefined;
  const ended = (ok: boolean, outcome: string) => ({
    host,
    ok,
    outcome,
    durationMs: watch.ms,
  });
  try {
    const opening = callerOf(flags, { product: 'ens', plan: planned }, log.warning);
    const caller = await until(signal, opening, 'reading the credentials');
    const kubeconfig = optionalKubeconfig(flags.kubeconfig);
    cluster = kubeconfig === undefined ? undefined : await openCluster(kubeconfig, { plan: planned, signal });
    // Only a cluster that was named for this command has to fit the instance.
    if (cluster && kubeconfig && !isNamed(kubeconfig) && !(await fits(cluster, kubeconfig))) {
      log.info(`The cluster of ${placeOf(kubeconfig)} is not used: it has no ${CONTROL_PLANE}.`);
      cluster.close();
      cluster = undefined;
    }
    const { emit } = output;
    const ask = confirmOnTerminal(output, signal);
    const options = { caller, cluster, emit, signal, dryRun, assumeYes: flags.yes, ask };
    const { outcome, data, text } = await watch.measure(() => work(options));
    const result = { ...ended(true, dryRun ? 'planned' : outcome), data: { ...data } };
    output.hostDone(result);
    const end = `${text.trimEnd()} (${outcome} in ${formatDuration(result.durationMs)})\n`;
    return { ok: true, hosts: [result], data, text: dryRun ? undefined : end };
  } catch (thrown) {
    const error = toEdgeadmError(thrown);
    const result = { ...ended(false, 'failed'), error };
    output.hostDone(result);
    return { ok: false, hosts: [result], error };
  } finally {
    cluster?.close();
    done();
  }
}

function placeOf(kubeconfig: string): string {
  return kubeconfig === process.env.KUBECONFIG ? 'KUBECONFIG' : kubeconfig;
}

/** Without an answer it is unknown whether the instance is a node whose pods have to move first. */
async function fits(cluster: ApiClient, kubeconfig: string): Promise<boolean> {
  try {
    return await hasControlPlane(cluster);
  } catch (thrown) {
    const error = toEdgeadmError(thrown);
    if (error.code === 'INTERRUPTED') throw error;
    const what = `cannot find out whether the instance is a node of the cluster of ${placeOf(kubeconfig)}`;
    const next = "name another one with --kubeconfig FILE; if the instance is not a node: --kubeconfig ''";
    throw new EdgeadmError({ code: error.code, what, why: error.message, next, cause: thrown });
  }
}

async function openCluster(kubeconfig: string, options: ClientOptions): Promise<ApiClient> {
  const { clientFromKubeconfig } = await import('../../kubernetes/kubeconfig/kubeconfig.ts');
  return clientFromKubeconfig(kubeconfig, localMachine().connect, options);
}
