import { EdgeadmError } from '../../errors/index.ts';
import { formatDuration } from '../../lib/duration.ts';
import type { Phase } from '../../workflow/phase.ts';
import { bindPlan } from './bind-plan.ts';
import { type BindContext, type EniFacts, found } from './context.ts';
import { leftOver } from './left-over.ts';

/** Looks once more: as many as requested, on an instance that runs. */
export const verifyBinding: Phase<BindContext> = {
  name: 'verify',
  title: 'Verify',
  when: ({ facts }) => facts.agreed || facts.nothing || 'nothing was done',
  run: async ({ ens, spec, facts, say }) => {
    const inspection = found(facts.inspection, 'the instance');
    const interfaces = await ens.interfaces({ networkId: inspection.instance.networkId });
    const after = bindPlan(spec, { ...inspection, interfaces });
    facts.attached = after.attached;
    const downtime = downtimeOf(facts);
    if (downtime !== undefined) say(`The instance was down for ${formatDuration(downtime)}.`);
    const left = leftOver(spec, interfaces);
    if (after.attach.length + after.buy.length > 0) {
      throw new EdgeadmError({
        code: 'ENI_INCOMPLETE',
        what: `${after.attached.length} of ${spec.interfaceIds?.length || spec.eniNumber} ENIs are attached to ${spec.instanceId}, which is running`,
        why: [...facts.refused].map(([id, error]) => `${id}: ${error.message}`).join('\n') || undefined,
        next: left.join('\n') || undefined,
      });
    }
    for (const line of left) say(line);
  },
};

/** From the order to stop until the instance was seen running. Milliseconds. */
export function downtimeOf({ stoppedAt, runningAt }: EniFacts): number | undefined {
  return stoppedAt === undefined || runningAt === undefined ? undefined : runningAt - stoppedAt;
}
