import { Flags } from '@oclif/core';
import type { UpgradeVerb } from '../../cloud/cluster-upgrades.ts';
import { currentPlan } from '../../cluster-upgrade/control/actions.ts';
import { nodesIn, type Plan, type PlanSpec } from '../../cluster-upgrade/plan/plan.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import type { Output } from '../../output/index.ts';
import type { CommandResult } from '../../output/renderer.ts';
import { confirm } from '../confirmation.ts';
import { serviceChangeFlags } from '../service-change.ts';

/** Of commands after which an upgrade runs. */
export const watchFlag = {
  wait: Flags.boolean({
    allowNo: true,
    default: true,
    description: 'watch until it pauses or finishes; --no-wait returns when it is running (not with --executor ssh)',
    helpGroup: 'COMMON',
  }),
};

/** Over SSH the command itself is the controller: if it returned, nothing would be upgraded. */
export function noWaitMistakes(executor: PlanSpec['executor'], wait: boolean | undefined): string[] {
  if (executor !== 'ssh' || wait !== false) return [];
  return [
    '--no-wait: cannot be used with --executor ssh: this machine upgrades the nodes, and must stay until it is done',
  ];
}

/** Of `pause`, `continue` and `cancel`. */
export const upgradeChangeFlags = { 'dry-run': serviceChangeFlags['dry-run'], yes: serviceChangeFlags.yes };

/** What a change means, for the plan, and how it is confirmed. */
export const UPGRADE_VERBS: Readonly<Record<UpgradeVerb, { readonly effect: string; readonly question: string }>> = {
  pause: {
    effect: 'Pause it: nodes in progress finish, no others start. After a pause of 15 days it is cancelled.',
    question: 'Pause the upgrade?',
  },
  continue: { effect: 'Continue it: nodes that failed are tried again.', question: 'Continue the upgrade?' },
  cancel: {
    effect: 'Cancel it: upgraded nodes stay at the new version. It cannot be continued then.',
    question: 'Cancel the upgrade?',
  },
};

interface Asking {
  readonly flags: { readonly 'dry-run': boolean; readonly yes: boolean };
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly argv: readonly string[];
  /** What the upgrade would be. @throws EdgeadmError UPGRADE_NOT_POSSIBLE */
  readonly intended: (plan: Plan) => Plan;
}

/**
 * Shows what is to happen to the upgrade in a cluster, and asks.
 * @returns how a dry run ends; undefined: do it
 * @throws EdgeadmError NO_UPGRADE, UPGRADE_NOT_POSSIBLE, CONFIRMATION_NEEDED
 */
export async function askBefore(
  verb: UpgradeVerb,
  client: ApiClient,
  { flags, output, signal, argv, intended }: Asking,
): Promise<Omit<CommandResult, 'command'> | undefined> {
  const plan = await currentPlan(client);
  const { phase } = intended(plan).progress;
  const { effect, question } = UPGRADE_VERBS[verb];
  // A running one is continued, too: its controller may be gone. One that pauses stays so.
  const lines = verb === 'pause' && phase === plan.progress.phase ? [stateOf(plan)] : [stateOf(plan), effect];
  output.tell(lines.map((line) => `${line}\n`).join(''));
  const dryRun = flags['dry-run'];
  if (dryRun) {
    const data = { ...plan.progress, plan: lines, dryRun };
    return { ok: true, hosts: [], data, text: 'Nothing was changed (dry run).\n' };
  }
  if (lines.length > 1) await confirm(question, { output, signal, yes: flags.yes, argv });
  return undefined;
}

function stateOf(plan: Plan): string {
  const { progress, nodes, spec } = plan;
  const why = progress.reason ? ` (${progress.reason})` : '';
  const done = `${nodesIn(plan, 'upgraded').length} of ${nodes.length} nodes are at ${spec.targetVersion}`;
  return `The upgrade to ${spec.targetVersion} is ${progress.phase}${why}: ${done}.`;
}
