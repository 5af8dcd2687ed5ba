import type { CommandResult } from '../../output/renderer.ts';
import type { UpgradeSpec } from '../../phases/upgrade/context.ts';
import { upgrade } from '../../phases/upgrade/upgrade.ts';
import { type CommandHost, runOnNodes, withSession } from '../node-runner.ts';
import type { NodeFlags } from '../target-options.ts';

/** Milliseconds for the roll-back of an upgrade that its time limit ends: the old kubelet has to become ready again. */
const ROLL_BACK_MS = 300_000;

/** Upgrades every target. */
export async function runUpgrade(
  spec: UpgradeSpec,
  flags: NodeFlags,
  host: CommandHost,
): Promise<Omit<CommandResult, 'command'>> {
  return runOnNodes({ name: 'upgrade', flags, limits: { cleanUpMs: ROLL_BACK_MS } }, host, async () => ({
    onNode: withSession(async (run) => {
      const { outcome, ...data } = await upgrade({ ...run, spec });
      return { outcome: run.dryRun && outcome === 'upgraded' ? 'planned' : outcome, data };
    }),
  }));
}
