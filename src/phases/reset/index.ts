import type { Phase } from '../../workflow/phase.ts';
import { checkNode } from './check-node.ts';
import type { ResetContext } from './context.ts';
import { deleteNode, drainBeforeReset, markNotReadyPhase } from './leave-cluster.ts';
import { cleanupImages, erase, removeStatePhase, restore } from './remove-traces.ts';
import { removeNetworkPhase, removePodsPhase, stopKubeletPhase, unmount } from './stop-workloads.ts';

/** What a reset does, in this order. Every phase may be repeated: one that was killed is run again from the start. */
export const resetPhases: readonly Phase<ResetContext>[] = [
  checkNode,
  ...[
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
  ].map(whereJoined),
];

function whereJoined(phase: Phase<ResetContext>): Phase<ResetContext> {
  return { ...phase, when: (context) => (context.node.joinedBy ? (phase.when?.(context) ?? true) : 'never joined') };
}
