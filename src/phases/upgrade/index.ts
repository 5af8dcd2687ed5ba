import type { OperatingSystem } from '../../host/host-facts.ts';
import type { Phase } from '../../workflow/phase.ts';
import { backUp } from './back-up.ts';
import { cleanUp } from './clean-up.ts';
import type { UpgradeContext } from './context.ts';
import { drainBeforeUpgrade, uncordonAfterUpgrade } from './drain.ts';
import { install } from './install.ts';
import { prepareRuntime, removeDockerContainers } from './migrate-runtime.ts';
import { precheck } from './precheck.ts';
import { restart } from './restart.ts';
import { verifyNode } from './verify.ts';
import { windowsUpgradePhases } from './windows/index.ts';

/** What an upgrade of a Linux node does, in this order. A run that was killed is run again from the start: what is done stays. */
export const upgradePhases: readonly Phase<UpgradeContext>[] = [
  precheck,
  drainBeforeUpgrade,
  backUp,
  prepareRuntime,
  install,
  removeDockerContainers,
  restart,
  verifyNode,
  uncordonAfterUpgrade,
  cleanUp,
].map(whereNeeded);

function whereNeeded(phase: Phase<UpgradeContext>): Phase<UpgradeContext> {
  return {
    ...phase,
    when: (context) => (context.needed ? (phase.when?.(context) ?? true) : 'already at the target version'),
  };
}

const BY_PLATFORM: Readonly<Record<OperatingSystem, readonly Phase<UpgradeContext>[]>> = {
  linux: upgradePhases,
  windows: windowsUpgradePhases.map(whereNeeded),
  other: upgradePhases,
};

/** What an upgrade does on a node that runs this system. */
export function upgradePhasesOf(platform: OperatingSystem): readonly Phase<UpgradeContext>[] {
  return BY_PLATFORM[platform];
}
