import { removeUnpacked } from '../../artifacts/own-file.ts';
import { memoize } from '../../lib/memoize.ts';
import { atQuestion } from '../../lib/stopwatch.ts';
import type { CommandResult } from '../../output/renderer.ts';
import type { ResetSpec } from '../../phases/reset/context.ts';
import { checkResetSpec, type ResetResult, reset } from '../../phases/reset/reset.ts';
import { confirm, refuseUnanswerable } from '../confirmation.ts';
import type { HostOutcome } from '../hosts.ts';
import { type CommandHost, runOnNodes, withSession } from '../node-runner.ts';
import type { NodeFlags } from '../target-options.ts';

/** Milliseconds for the step in progress when the time limit is over; a reset is not rolled back. */
const CLEAN_UP_MS = 5000;

const questionOf = (what: string): string => `Reset ${what}: stop and remove every pod?`;

/** What a person reads last. */
function endOf({ nodeName, changed }: ResetResult, { deleteNode }: ResetSpec): Pick<HostOutcome, 'verdict' | 'next'> {
  if (!changed)
    return {
      verdict: () => `${nodeName} is not joined (no journal, no kubelet kubeconfig): there is nothing to reset`,
    };
  return {
    verdict: (took) => `${nodeName} was reset in ${took}`,
    next: deleteNode ? undefined : `kubectl delete node ${nodeName}   # next time: --delete-node`,
  };
}

/** Resets every target, after one question for all of them. */
export async function runReset(
  spec: ResetSpec,
  flags: NodeFlags,
  host: CommandHost,
): Promise<Omit<CommandResult, 'command'>> {
  checkResetSpec(spec);
  const thisMachine = !flags.host && !flags.inventory;
  const limits = { cleanUpMs: CLEAN_UP_MS };
  const result = await runOnNodes(
    { name: 'reset', flags, worksOnWindows: true, limits },
    host,
    async ({ output, signal, targets, dryRun }) => {
      const labels = targets.map(({ label }) => label);
      const several = labels.length > 1 ? `${labels.length} hosts (${labels.join(', ')})` : undefined;
      const ask = (what: string): Promise<void> => confirm(questionOf(what), options);
      const yes = spec.force || flags.yes || dryRun;
      const options = { output, signal, yes, unattended: thisMachine, argv: host.argv };
      refuseUnanswerable(questionOf(several ?? labels[0] ?? ''), options);
      // Several hosts are confirmed with one answer, and only if one of them has something to lose.
      const once = several === undefined ? undefined : memoize(() => ask(several));
      return {
        onNode: withSession(
          async (run) => {
            const done = await reset({ ...run, spec, confirm: (node) => atQuestion(once ?? (() => ask(node))) });
            const outcome = done.changed ? (dryRun ? 'planned' : 'reset') : 'never joined';
            return { outcome, data: { ...done }, ...(!dryRun && endOf(done, spec)) };
          },
          { acceptsDamage: true },
        ),
      };
    },
  );
  // Nothing stays on the node, not even what the program has unpacked for itself.
  if (thisMachine && !flags.root && result.ok && !flags['dry-run']) await removeUnpacked();
  return result;
}
