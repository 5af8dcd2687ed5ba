import { BACKEND_FAULT, refusalOf } from '../../cloud/errors.ts';
import { toEdgeadmError } from '../../errors/index.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import type { BindContext } from './context.ts';
import { isFinal } from './power.ts';

const ATTACH_TIMEOUT_MS = 180_000;
/** The instance is down meanwhile. */
const MOST_FAULTS = 5;

/** Attaches what is there. One that the cloud refuses for good does not keep the others, nor the instance, down. */
export const attach: Phase<BindContext> = {
  name: 'attach',
  title: 'Attach the ENIs',
  when: ({ facts }) => facts.ready.length > 0 || facts.plan?.stops || 'no ENI to attach',
  run: async (context) => {
    const { ens, spec, facts, paceMs, waitFor, wet } = context;
    if (!wet) {
      for (const { id } of facts.ready) await ens.attach(spec.instanceId, id);
      return;
    }
    const faults = new Map<string, number>();
    await waitFor({
      what: `${facts.ready.map(({ id }) => id).join(', ')} to be attached`,
      timeoutMs: ATTACH_TIMEOUT_MS,
      intervalMs: paceMs,
      probe: async () => {
        const seen = await attachOnce(context, faults);
        return seen.length === 0 ? { done: undefined } : { seen: seen.join('\n') };
      },
    });
  },
};

/** Looks at each interface and orders what its state asks for. @returns what is not attached yet, with its state */
async function attachOnce(
  { ens, spec, facts, log }: BindContext & PhaseTools,
  faults: Map<string, number>,
): Promise<string[]> {
  const { networkId } = facts.inspection?.instance ?? {};
  const interfaces = await ens.interfaces({ networkId });
  const pending: string[] = [];
  for (const { id } of facts.ready) {
    const now = interfaces.find((eni) => eni.id === id);
    if (facts.refused.has(id) || (now?.status === 'InUse' && now.instanceId === spec.instanceId)) continue;
    const error = now?.status === 'Available' ? await order(() => ens.attach(spec.instanceId, id)) : undefined;
    if (refusalOf(error) === BACKEND_FAULT) faults.set(id, (faults.get(id) ?? 0) + 1);
    if (error && (isFinal(error) || faults.get(id) === MOST_FAULTS)) {
      facts.refused.set(id, error);
      log.warning(`${id} cannot be attached: ${error.message}`);
    } else {
      pending.push(`${id} is ${now?.status ?? 'gone'}${error ? `; ${error.message}` : ''}`);
    }
  }
  return pending;
}

async function order(work: () => Promise<void>) {
  return work().then(
    () => undefined,
    (error: unknown) => toEdgeadmError(error),
  );
}
