import { isPassing } from '../../cloud/errors.ts';
import { waitFor } from '../../lib/wait-for.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { type BindContext, found } from './context.ts';

/** How often one interface is ordered, if each order before is known to have had no effect. */
const ORDERS = 3;
const LIST_TIMEOUT_MS = 60_000;

/** Buys what is missing, while the instance still runs. */
export const purchase: Phase<BindContext> = {
  name: 'purchase',
  title: 'Buy ENIs',
  when: ({ facts }) => (facts.plan?.buy.length ?? 0) > 0 || 'nothing to buy',
  run: async (context) => {
    for (const name of found(context.facts.plan, 'the plan').buy) await buy(context, name);
  },
};

/** Buys one interface, and none twice: an order without an answer is looked for before another is made. */
async function buy(context: BindContext & PhaseTools, name: string): Promise<void> {
  const { ens, facts, log, signal, wet } = context;
  const { vSwitchId, securityGroupIds } = found(facts.plan, 'the plan');
  for (let order = 1; ; order++) {
    signal.throwIfAborted();
    try {
      await ens.buyInterface({ name, vSwitchId, securityGroupIds });
      if (wet) log.info(`${name} was bought.`);
      return;
    } catch (error) {
      if (!isPassing(error)) throw error;
      log.warning(`${(error as Error).message}; checking whether ${name} was bought anyway.`);
      if (await isThere(context, name)) return;
      if (order === ORDERS) throw error;
    }
  }
}

/**
 * Whether an interface shows in the list, which may take a while after its order.
 * @throws what kept the list from being read: then it is not known
 */
async function isThere({ ens, facts, paceMs, listDelayMs }: BindContext, name: string): Promise<boolean> {
  const { networkId } = found(facts.inspection, 'the instance').instance;
  const started = performance.now();
  let unknown: unknown;
  return waitFor<boolean>({
    what: `${name} to appear in the list`,
    timeoutMs: listDelayMs + LIST_TIMEOUT_MS,
    intervalMs: paceMs,
    guard: async () => {
      if (unknown) throw unknown;
    },
    probe: async () => {
      const interfaces = await ens.interfaces({ networkId }).catch((error: unknown) => {
        unknown = error;
      });
      if (interfaces?.some((eni) => eni.name === name)) return { done: true };
      if (interfaces && performance.now() - started >= listDelayMs) return { done: false };
      return { seen: 'it is not in the list' };
    },
  });
}
