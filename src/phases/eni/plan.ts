import type { Phase } from '../../workflow/phase.ts';
import { bindPlan, describePlan, limitsBroken, namedBroken } from './bind-plan.ts';
import { type BindContext, found } from './context.ts';
import { refuseUndrainableInstance } from './drain.ts';
import { checkFailed } from './inspect.ts';

const NAME_OTHERS =
  'name ENIs with --eni that are Available in the VPC of the instance, or leave --eni out to buy new ones';

/** Tells what is going to happen, and refuses what the limits forbid. */
export const plan: Phase<BindContext> = {
  name: 'plan',
  title: 'Plan',
  run: async (context) => {
    const { spec, facts, say, log } = context;
    const inspection = found(facts.inspection, 'the instance');
    const made = bindPlan(spec, inspection);
    facts.plan = made;
    facts.nothing = made.nothing;
    for (const line of describePlan(made, inspection)) say(line);
    const named = namedBroken(spec, inspection);
    const broken = [...named, ...limitsBroken(made)];
    if (broken.length > 0) throw checkFailed(spec.instanceId, broken, named.length > 0 ? NAME_OTHERS : undefined);
    if (made.stops) await refuseUndrainableInstance(context, inspection);
    for (const rule of spec.addRules ? [] : made.missingRules)
      log.warning(
        `Pods will not be able to reach each other: the security group has no rule for: ${rule}. --add-rules adds it.`,
      );
  },
};
