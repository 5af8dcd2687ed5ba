import { toEdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import type { PhaseLog } from '../../workflow/events.ts';

/** {@link Host.settle}, where a node that works must not be rolled back for what the next boot puts right. */
export async function settleNode(host: Pick<Host, 'settle'>, log: Pick<PhaseLog, 'warning'>): Promise<void> {
  try {
    await host.settle();
  } catch (error) {
    log.warning(`The node is ready, but a last step failed: ${toEdgeadmError(error).message}`);
  }
}
