import { BundleStore } from '../../artifacts/bundle-store.ts';
import { ensureController, makeController } from '../../cluster-upgrade/cluster/controller-job.ts';
import { endingError, runController } from '../../cluster-upgrade/control/run-controller.ts';
import { sshExecutor } from '../../cluster-upgrade/control/ssh-executor.ts';
import { targetsByNode } from '../../cluster-upgrade/control/targets.ts';
import { isPausedOrEnded, nodesIn, type Plan } from '../../cluster-upgrade/plan/plan.ts';
import type { TargetOptions } from '../../host/targets.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import type { Output } from '../../output/index.ts';
import type { CommandResult } from '../../output/renderer.ts';
import { nodeFlags } from '../flags.ts';
import { secretOnTerminal } from '../prompts.ts';
import { follow, interrupted, logTo, processIdentity } from './follow.ts';

/** For `--executor ssh`. */
export const sshFlags = {
  host: nodeFlags.host,
  inventory: nodeFlags.inventory,
  'ssh-key': nodeFlags['ssh-key'],
  'known-hosts': nodeFlags['known-hosts'],
};

/** What oclif made of {@link sshFlags}. */
export interface SshFlags {
  readonly host?: string[];
  readonly inventory?: string;
  readonly 'ssh-key'?: string;
  readonly 'known-hosts'?: string;
}

/** How the nodes are reached; passwords are requested on the terminal. */
export function sshOptions(flags: SshFlags): TargetOptions {
  return {
    hosts: flags.host ?? [],
    inventory: flags.inventory,
    sshKey: flags['ssh-key'],
    knownHosts: flags['known-hosts'],
    ask: secretOnTerminal,
  };
}

export interface RunOptions {
  readonly client: ApiClient;
  readonly plan: Plan;
  readonly flags: SshFlags;
  readonly output: Output;
  /** Of edgeadm. */
  readonly version: string;
  readonly signal: AbortSignal;
}

/** Controls the upgrade from here, over SSH, until it pauses or ends. */
export async function runOverSsh({ client, plan, flags, output, version, signal }: RunOptions): Promise<Plan> {
  const targets = await targetsByNode(client, plan, sshOptions(flags));
  const bundles = new BundleStore();
  try {
    return await runController({
      client,
      identity: processIdentity(),
      executor: ({ spec }) => sshExecutor({ spec, targets, bundles, emit: output.emit, version }),
      log: logTo(output),
      signal,
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw interrupted(
      'interrupted: no further nodes will be upgraded; one in progress may be incomplete',
      'to continue: edgeadm cluster upgrade continue --executor ssh',
    );
  } finally {
    await bundles.close();
  }
}

export interface JobOptions {
  /** Whether it begins: then the lease is held until the Job of the controller is there. */
  readonly begins: boolean;
  /** Whether it is followed until it pauses or ends. */
  readonly wait: boolean;
  /** No screen is drawn. */
  readonly forPrograms: boolean;
}

/** Lets the controller's Job do it; follows it where that is requested. */
export async function runByJobs(options: RunOptions, { begins, wait, forPrograms }: JobOptions): Promise<Plan> {
  const { client, plan, output, signal } = options;
  try {
    if (begins) await makeController(client, plan, processIdentity(), signal);
    await ensureController(client, plan, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw interrupted(
      'interrupted before the upgrade controller started',
      'to start it: edgeadm cluster upgrade continue; to end the upgrade: edgeadm cluster upgrade pause, then cancel',
    );
  }
  return wait ? follow(client, signal, output, forPrograms) : plan;
}

/** How a command that has set an upgrade going ends. */
export function resultOf(plan: Plan): Omit<CommandResult, 'command'> {
  const error = isPausedOrEnded(plan) ? endingError(plan) : undefined;
  const text =
    plan.progress.phase === 'Completed' ? endText(plan) : 'The upgrade is running: edgeadm cluster upgrade status\n';
  return { ok: error === undefined, hosts: [], error, data: plan.progress, text: error ? undefined : text };
}

function endText(plan: Plan): string {
  const { targetVersion } = plan.spec;
  const offline = nodesIn(plan, 'offline').map(({ name }) => name);
  const done = `${nodesIn(plan, 'upgraded').length} of ${plan.nodes.length} nodes are at ${targetVersion}.\n`;
  if (offline.length === 0) return done;
  return `${done}Skipped because they are offline: ${offline.join(', ')}. When they are back: edgeadm cluster upgrade start\n`;
}
