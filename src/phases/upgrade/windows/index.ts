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
    { name: 'bundle', title: 'Check the bundle', run: checkBundle },
    ...NODE_CHECKS,
  ],
};

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
