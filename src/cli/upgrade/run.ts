import type { CommandResult } from '../../output/renderer.ts';
import type { UpgradeSpec } from '../../phases/upgrade/context.ts';
import { type UpgradeResult, upgrade } from '../../phases/upgrade/upgrade.ts';
import type { HostOutcome } from '../hosts.ts';
import { type CommandHost, runOnNodes, withSession } from '../node-runner.ts';
import type { NodeFlags } from '../target-options.ts';

/** Milliseconds for the roll-back of an upgrade that its time limit ends: the old kubelet has to become ready again. */
const ROLL_BACK_MS = 300_000;

/** What a person reads last. */
function endOf({ nodeName, from, to, outcome }: UpgradeResult, hosts: number): Pick<HostOutcome, 'verdict' | 'next'> {
  const verdicts = {
    upgraded: (took: string) =>
      from === to
        ? `${nodeName} was updated in ${took}; its kubelet stays ${to}`
        : `${nodeName} was upgraded from ${from} to ${to} in ${took}`,
    unchanged: (took: string) => `${nodeName} is already at ${to}; nothing changed (${took})`,
    recovered: (took: string) => `${nodeName} was rolled back to ${to} in ${took}`,
  };
  return { verdict: verdicts[outcome], next: hosts > 1 ? 'kubectl get nodes' : `kubectl get node ${nodeName}` };
}

/** Upgrades every target. */
export async function runUpgrade(
  spec: UpgradeSpec,
  flags: NodeFlags,
  host: CommandHost,
): Promise<Omit<CommandResult, 'command'>> {
  return runOnNodes(
    { name: 'upgrade', flags, worksOnWindows: true, limits: { cleanUpMs: ROLL_BACK_MS } },
    host,
    async () => ({
      onNode: withSession(async (run) => {
        const { outcome, ...data } = await upgrade({ ...run, spec });
        if (run.dryRun) return { outcome: outcome === 'upgraded' ? 'planned' : outcome, data };
        return { outcome, data, ...endOf({ outcome, ...data }, run.targets.length) };
      }),
    }),
  );
}
