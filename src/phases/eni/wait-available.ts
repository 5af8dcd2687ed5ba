import type { EnsInterface } from '../../cloud/ens.ts';
import type { Phase } from '../../workflow/phase.ts';
import { type BindContext, type BindPlan, found } from './context.ts';

const AVAILABLE_TIMEOUT_MS = 120_000;

/** The instance is stopped only when everything that it is stopped for is there. */
export const waitAvailable: Phase<BindContext> = {
  name: 'wait-available',
  title: 'Wait until the ENIs are available',
  when: ({ facts }) => facts.plan?.stops || 'no ENI to attach',
  run: async ({ ens, facts, paceMs, waitFor }) => {
    const plan = found(facts.plan, 'the plan');
    const { networkId } = found(facts.inspection, 'the instance').instance;
    const ready = await waitFor<EnsInterface[]>({
      what: 'the ENIs to be Available',
      timeoutMs: AVAILABLE_TIMEOUT_MS,
      intervalMs: paceMs,
      probe: async () => {
        const wanted = chosen(plan, await ens.interfaces({ networkId }));
        const late = wanted.find(({ status }) => status !== 'Available');
        if (late) return { seen: `${late.id} is ${late.status}` };
        const count = plan.attach.length + plan.buy.length;
        return wanted.length === count ? { done: wanted } : { seen: `${wanted.length} of ${count} are available` };
      },
    });
    facts.ready = ready ?? [...plan.attach, ...plan.buy.map(toBeBought)];
  },
};

/** In a dry run, if an interface has no id yet, its name stands for it. */
function toBeBought(name: string): EnsInterface {
  return { id: name, name, status: '', type: 'Secondary', instanceId: undefined, vSwitchId: '', addresses: [] };
}

/** Those of the plan, bought or found; of two with one name the first. */
function chosen(plan: BindPlan, interfaces: readonly EnsInterface[]): EnsInterface[] {
  const found = plan.attach.flatMap(({ id }) => interfaces.find((eni) => eni.id === id) ?? []);
  const bought = plan.buy.flatMap((name) => interfaces.find((eni) => eni.name === name && !eni.instanceId) ?? []);
  return [...found, ...bought];
}
