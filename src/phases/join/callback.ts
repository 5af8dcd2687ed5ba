import { toEdgeadmError } from '../../errors/index.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { VENDOR } from '../vendor-messages.ts';
import type { JoinContext } from './context.ts';

/** Reports to the container service, which named the cluster, that the node has joined. */
export const callbackPhase: Phase<JoinContext> = {
  name: 'callback',
  title: 'Notify the container service',
  when: ({ callback }) => callback !== undefined || 'the join did not use the container service',
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
      `The node has joined, but the container service could not be notified: ${message}\nTo notify it, run the same command again, or only its last part: edgeadm join phase post-check/callback with the same flags`,
    );
  }
}
