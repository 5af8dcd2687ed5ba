import type { OperatingSystem } from '../../host/host-facts.ts';
import type { Phase } from '../../workflow/phase.ts';
import { checkNode } from './check-node.ts';
import type { ResetContext } from './context.ts';
import { deleteNode, drainBeforeReset, markNotReadyPhase } from './leave-cluster.ts';
import { cleanupImages, erase, removeStatePhase, restore } from './remove-traces.ts';
import { endDrillPhase, removeNetworkPhase, removePodsPhase, stopKubeletPhase, unmount } from './stop-workloads.ts';
import { windowsResetPhases } from './windows/index.ts';

/** What a reset of a Linux node does, in this order. Every phase may be repeated: one that was killed is run again from the start. */
export const resetPhases: readonly Phase<ResetContext>[] = whereJoined([
  checkNode,
  endDrillPhase,
  drainBeforeReset,
  stopKubeletPhase,
  markNotReadyPhase,
  deleteNode,
  removePodsPhase,
  unmount,
  removeNetworkPhase,
  removeStatePhase,
  cleanupImages,
  restore,
  erase,
]);

const BY_PLATFORM: Readonly<Record<OperatingSystem, readonly Phase<ResetContext>[]>> = {
  linux: resetPhases,
  windows: whereJoined(windowsResetPhases),
  other: resetPhases,
};

/** What a reset does on a node that runs this system. */
export function resetPhasesOf(platform: OperatingSystem): readonly Phase<ResetContext>[] {
  return BY_PLATFORM[platform];
}

/** All but the look at the node are for one that was joined. */
function whereJoined([look, ...phases]: readonly Phase<ResetContext>[]): readonly Phase<ResetContext>[] {
  const limited = phases.map((phase) => ({
    ...phase,
    when: (context: ResetContext) => (context.node.joinedBy ? (phase.when?.(context) ?? true) : 'never joined'),
  }));
  return look ? [look, ...limited] : limited;
}
