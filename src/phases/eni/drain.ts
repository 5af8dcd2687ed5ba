import { drainNode, refuseUndrainable } from '../../kubernetes/drain/drain.ts';
import type { DrainPolicy } from '../../kubernetes/drain/pods.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { type EdgeNode, markCordonAsOwn, mayCordon, removeCordon } from './cluster-node.ts';
import type { EniContext, EniFacts, Inspection } from './context.ts';

const DRAIN_TIMEOUT_MS = 120_000;

/** Where the instance is a node already, its pods go elsewhere before it is stopped. */
export async function drainFirst(
  context: EniContext<{ readonly drainPolicy?: DrainPolicy }> & PhaseTools,
): Promise<void> {
  const { cluster, facts, spec, log, signal, wet } = context;
  const node = facts.inspection?.node;
  if (!cluster || !node) return;
  if (wet && mayCordon(node)) {
    facts.cordoned = true;
    await markCordonAsOwn(cluster, node.name);
  }
  await drainNode(cluster, node.name, { log, signal, wet, timeoutMs: DRAIN_TIMEOUT_MS, policy: spec.drainPolicy });
}

/** Before anything is bought or stopped. @throws EdgeadmError DRAIN_REFUSED */
export async function refuseUndrainableInstance(
  { cluster, spec, signal }: EniContext<{ readonly drainPolicy?: DrainPolicy }> & PhaseTools,
  { instance, node }: Inspection,
): Promise<void> {
  if (!cluster || !node || instance.status !== 'Running') return;
  await refuseUndrainable(cluster, node.name, { signal, policy: spec.drainPolicy });
}

/** The node, if this run or an unfinished one has cordoned it: a cordon by others stays. */
export function cordonedNode({ inspection, cordoned }: EniFacts): EdgeNode | undefined {
  const node = inspection?.node;
  return cordoned || node?.cordonedByUs ? node : undefined;
}

export const uncordonAfterChange: Phase<EniContext<object>> = {
  name: 'uncordon',
  title: 'Uncordon the node',
  when: ({ cluster }) => cluster !== undefined || 'no --kubeconfig was given',
  run: async ({ cluster, facts, wet, log }) => {
    const node = cordonedNode(facts);
    if (!cluster || !node || !wet) return;
    await removeCordon(cluster, node.name);
    log.info(`Node ${node.name} is uncordoned.`);
  },
};
