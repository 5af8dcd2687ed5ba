import { drainNode } from '../../kubernetes/drain/drain.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { type EdgeNode, isOursToCordon, ownCordon, uncordon } from './cluster-node.ts';
import type { EniContext, Facts } from './context.ts';

const DRAIN_TIMEOUT_MS = 120_000;

/** Where the instance is a node already, its pods go elsewhere before it is stopped. */
export async function drainFirst(context: EniContext<object> & PhaseTools): Promise<void> {
  const { cluster, facts, log, signal, wet } = context;
  const node = facts.inspection?.node;
  if (!cluster || !node) return;
  if (wet && isOursToCordon(node)) {
    facts.cordoned = true;
    await ownCordon(cluster, node.name);
  }
  await drainNode(cluster, node.name, { log, signal, wet, timeoutMs: DRAIN_TIMEOUT_MS });
}

/** The node, where its cordon is of this run or of one that did not come to its end: somebody else's stays. */
export function cordonedNode({ inspection, cordoned }: Facts): EdgeNode | undefined {
  const node = inspection?.node;
  return cordoned || node?.cordonedByUs ? node : undefined;
}

export const letPodsIn: Phase<EniContext<object>> = {
  name: 'uncordon',
  title: 'Let pods on the node again',
  when: ({ cluster }) => cluster !== undefined || 'no --kubeconfig was given',
  run: async ({ cluster, facts, wet, log }) => {
    const node = cordonedNode(facts);
    if (!cluster || !node || !wet) return;
    await uncordon(cluster, node.name);
    log.info(`Node ${node.name} takes pods again.`);
  },
};
