import { EdgeadmError } from '../../../errors/index.ts';
import { PATHS } from '../../../host/node-paths.ts';
import type { Phase } from '../../../workflow/phase.ts';
import { backUp } from '../back-up.ts';
import { cleanUp } from '../clean-up.ts';
import type { UpgradeContext } from '../context.ts';
import { drainBeforeUpgrade, uncordonAfterUpgrade } from '../drain.ts';
import { checkBundle, checkVersionsPhase, NODE_CHECKS } from '../precheck.ts';
import { verifyNode } from '../verify.ts';
import { windowsInstall } from './install.ts';
import { windowsRestart } from './restart.ts';

const precheck: Phase<UpgradeContext> = {
  name: 'precheck',
  title: 'Check versions, node and bundle',
  phases: [
    { name: 'versions', title: 'Compare versions', run: checkVersionsPhase },
    { name: 'edge-hub', title: 'Check the edge-hub', run: refuseHubChange },
    { name: 'bundle', title: 'Check the bundle', run: checkBundle },
    ...NODE_CHECKS,
  ],
};

/** @throws EdgeadmError UPGRADE_CHECK_FAILED */
async function refuseHubChange({ spec }: UpgradeContext): Promise<void> {
  if (Object.values(spec.hub ?? {}).every((value) => value === undefined)) return;
  throw new EdgeadmError({
    code: 'UPGRADE_CHECK_FAILED',
    what: 'edgeadm does not replace the edge-hub of a Windows node in an upgrade',
    why: 'a join does: it stops kubelet and edge-hub, replaces the program and starts them again',
    next: 'run the join command again with --edge-hub-program FILE; then edgeadm upgrade without a flag for the edge-hub',
  });
}

/** A program that runs cannot be replaced. Pods continue: they do not need the kubelet to run. */
const stopKubelet: Phase<UpgradeContext> = {
  name: 'stop-kubelet',
  title: 'Stop the kubelet',
  run: ({ host }) => host.stopUnit(PATHS.kubelet.unit),
};

/** What an upgrade of a Windows node does, in this order. */
export const windowsUpgradePhases: readonly Phase<UpgradeContext>[] = [
  precheck,
  drainBeforeUpgrade,
  backUp,
  stopKubelet,
  windowsInstall,
  windowsRestart,
  verifyNode,
  uncordonAfterUpgrade,
  cleanUp,
];
