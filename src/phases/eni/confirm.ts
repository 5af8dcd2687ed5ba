import { answeredNo, confirmationNeeded } from '../../errors/confirmation.ts';
import { count } from '../../lib/count.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { type BindContext, type EniContext, found } from './context.ts';

/** Asks before anything is bought or stopped. */
export const confirmPlan: Phase<BindContext> = {
  name: 'confirm',
  title: 'Confirm',
  run: async (context) => {
    const plan = found(context.facts.plan, 'the plan');
    if (context.facts.nothing) return;
    const { instance, node } = found(context.facts.inspection, 'the instance');
    const runs = instance.status === 'Running';
    const stops = runs && plan.stops;
    const does = [
      plan.buy.length > 0 && `buy ${count('ENI', plan.buy.length)}`,
      plan.rulesToAdd.length > 0 && `add ${count('security-group rule', plan.rulesToAdd.length)}`,
      stops && node && `drain node ${node.name}`,
      stops && 'stop and start the instance',
      !runs && 'start the instance',
      !stops && node?.cordonedByUs && `uncordon node ${node.name}`,
    ].filter(Boolean);
    await requireConfirmation(context, `${context.spec.instanceId}: ${does.join(', ')}?`);
  },
};

/**
 * Has a question answered: by `--yes`, or on a terminal. In a dry run there is nothing to ask for.
 * @throws EdgeadmError INTERRUPTED if the answer is no, CONFIRMATION_NEEDED without a terminal
 */
export async function requireConfirmation(
  { facts, ask, assumeYes, wet }: EniContext<object> & PhaseTools,
  question: string,
): Promise<void> {
  if (!wet) return;
  if (!assumeYes && !ask) throw confirmationNeeded(question);
  if (!assumeYes && !(await ask?.(question))) throw answeredNo();
  facts.agreed = true;
}
