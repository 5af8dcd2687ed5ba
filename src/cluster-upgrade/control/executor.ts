import type { NodeRecord } from '../plan/plan.ts';

/** How the controller upgrades one node. */
export interface NodeExecutor {
  /**
   * Upgrades a node, or continues with what another controller has begun there; resolves when the node is at its
   * target.
   * @throws EdgeadmError with the cause if it failed; the reason of the signal if it aborts: the node continues by
   *   itself as far as it can
   */
  upgrade(node: NodeRecord, signal: AbortSignal): Promise<void>;
}
