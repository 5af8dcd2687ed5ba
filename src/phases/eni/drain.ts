import { drainNode } from '../../kubernetes/drain.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { ownCordon, uncordon } from './cluster-node.ts';
import type { EniContext } from './context.ts';
import { needsDrain } from './inspect.ts';

const DRAIN_TIMEOUT_MS = 120_000;

/** Where the instance is a node already, its pods go elsewhere before it is stopped. */
export async function drainFirst(context: EniContext<object> & PhaseTools): Promise<void> {
  const { cluster, facts, log, signal, wet } = context;
  const node = facts.inspection?.node;
  if (!cluster || !needsDrain(node)) return;
  if (wet) await ownCordon(cluster, node.name);
  await drainNode(cluster, node.name, { log, signal, wet, timeoutMs: DRAIN_TIMEOUT_MS });
}

/** Undoes the cordon of this run or of one that did not come to its end; one that somebody else made stays. */
export const letPodsIn: Phase<EniContext<object>> = {
  name: 'uncordon',
  title: 'Let pods on the node again',
  when: ({ cluster }) => cluster !== undefined || 'no --kubeconfig was given',
  run: async ({ cluster, facts, wet, log }) => {
    const node = facts.inspection?.node;
    const cordoned = facts.stoppedAt !== undefined || node?.cordonedByUs;
    if (!cluster || !needsDrain(node) || !cordoned || !wet) return;
    await uncordon(cluster, node.name);
    log.info(`Node ${node.name} takes pods again.`);
  },
};
