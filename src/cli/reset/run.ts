import { removeUnpacked } from '../../artifacts/own-file.ts';
import { memoize } from '../../lib/memoize.ts';
import type { CommandResult } from '../../output/renderer.ts';
import type { ResetSpec } from '../../phases/reset/context.ts';
import { checkResetSpec, reset } from '../../phases/reset/reset.ts';
import { confirm, refuseUnanswerable } from '../confirmation.ts';
import { type CommandHost, runOnNodes, withSession } from '../node-runner.ts';
import type { NodeFlags } from '../target-options.ts';

/** Milliseconds for the step under way when the time limit is over; a reset does not go back. */
const CLEAN_UP_MS = 5000;

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
    { name: 'reset', flags, limits },
    host,
    async ({ output, signal, targets, dryRun }) => {
      const question = `Reset ${targets.map(({ label }) => label).join(', ')}: stop and remove every pod?`;
      const yes = spec.force || flags.yes || dryRun;
      const options = { output, signal, yes, unattended: thisMachine, argv: host.argv };
      refuseUnanswerable(question, options);
      // Several hosts are confirmed with one answer, and only if one of them has something to lose.
      const once = memoize(() => confirm(question, options));
      return {
        onNode: withSession(
          async (run) => {
            const done = await reset({ ...run, spec, confirm: once });
            const outcome = done.changed ? (dryRun ? 'planned' : 'reset') : 'never joined';
            return { outcome, data: { ...done } };
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
