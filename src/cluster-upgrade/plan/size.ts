import { EdgeadmError } from '../../errors/index.ts';
import type { Plan } from './plan.ts';
import { MAX_PLAN_BYTES, sizeOf, toTexts } from './text.ts';

/** Bytes for messages of nodes that fail, and for marks of those that are cordoned. */
const RESERVE = 64 * 1024;

/**
 * A plan grows while it is carried out: one that would not fit into its ConfigMap at the end is not begun.
 * @throws EdgeadmError USAGE with how to take fewer nodes
 */
export function refuseTooLarge(plan: Plan): void {
  const { started } = plan.progress;
  const batch = plan.nodes.length;
  const done = plan.nodes.map((node) => ({ ...node, state: 'upgraded' as const, batch, started, ended: started }));
  const bytes = sizeOf(toTexts({ ...plan, nodes: done })) + RESERVE;
  if (bytes <= MAX_PLAN_BYTES) return;
  throw new EdgeadmError({
    code: 'USAGE',
    what: `${plan.nodes.length} nodes are too many for one upgrade`,
    why: `its state would need ${bytes} bytes, and a ConfigMap holds at most ${MAX_PLAN_BYTES}`,
    next: 'upgrade the cluster in parts, one after the other: --nodepool NAME, or --selector LABELS',
  });
}
