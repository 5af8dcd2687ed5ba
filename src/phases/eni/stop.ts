import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import type { BindSpec, EniContext } from './context.ts';
import { drainFirst } from './drain.ts';
import { setPowerState } from './power.ts';

type StopSpec = Pick<BindSpec, 'instanceId' | 'forceStop' | 'drainPolicy'>;

/** Drains the node if the instance is one, then stops the instance. From here on it is down. */
export const stop: Phase<EniContext<StopSpec>> = {
  name: 'stop',
  title: 'Stop the instance',
  when: ({ facts }) => facts.ready.length > 0 || (facts.plan?.stops ?? false) || 'no ENI needs it',
  run: async (context) => {
    const { facts, now } = context;
    if (facts.inspection?.instance.status === 'Stopped') return;
    await drainFirst(context);
    facts.stoppedAt = now();
    await stopInstance(context);
  },
};

async function stopInstance(context: EniContext<StopSpec> & PhaseTools): Promise<void> {
  const { ens, spec, signal, paceMs, wet } = context;
  const force = spec.forceStop;
  if (wet) await setPowerState(ens, spec.instanceId, 'Stopped', { force, signal, paceMs });
  else await ens.stop(spec.instanceId, { force });
}
