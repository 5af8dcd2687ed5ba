import type { Phase } from '../../workflow/phase.ts';
import type { EniContext } from './context.ts';
import { setPowerState } from './power.ts';

export const start: Phase<EniContext<{ readonly instanceId: string }>> = {
  name: 'start',
  title: 'Start the instance',
  when: ({ facts }) =>
    facts.stoppedAt !== undefined ||
    (!facts.nothing && facts.inspection?.instance.status !== 'Running') ||
    (facts.nothing ? 'there is nothing to do' : 'the instance is running'),
  run: async ({ ens, spec, facts, now, paceMs, signal, wet }) => {
    if (!wet) return ens.start(spec.instanceId);
    await setPowerState(ens, spec.instanceId, 'Running', { signal, paceMs, code: 'INSTANCE_NOT_RUNNING' });
    facts.runningAt = now();
  },
};
