import { toEdgeadmError } from '../../errors/index.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { VENDOR } from '../vendor-messages.ts';
import type { JoinContext } from './context.ts';

/** The container service that told which cluster it is learns that the node has joined. */
export const callbackPhase: Phase<JoinContext> = {
  name: 'callback',
  title: 'Tell the container service',
  when: ({ callback }) => callback !== undefined || 'no container service wants to know',
  check: async ({ callback }) => callback?.isDue() === false,
  run: tell,
};

/** The node is good whether or not the service hears of it. */
async function tell({ callback, node, log, signal, wet }: JoinContext & PhaseTools): Promise<void> {
  if (!callback) return;
  log.vendor(VENDOR.callback);
  try {
    await callback.send(await node.name(), signal);
    if (wet) log.vendor(VENDOR.callbackDone);
  } catch (thrown) {
    signal.throwIfAborted();
    const { message } = toEdgeadmError(thrown);
    log.warning(
      `The node has joined, but the container service could not be told: ${message}\nIt is told by the same command, run again, or by that part of it alone: edgeadm join phase post-check/callback, with the same flags`,
    );
  }
}
