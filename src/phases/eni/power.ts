import { type Ens, requireInstance } from '../../cloud/ens.ts';
import { isPassing, refusalOf } from '../../cloud/errors.ts';
import { EdgeadmError, type ErrorCode, toEdgeadmError } from '../../errors/index.ts';
import { waitFor } from '../../lib/wait-for.ts';

/** Stopping asks the system of the instance to end, which may take its time. */
const POWER_TIMEOUT_MS = 300_000;
/** An order that was taken may show in the status only after a while. */
const ORDER_AGAIN_MS = 15_000;

export interface PowerOptions {
  readonly signal?: AbortSignal;
  readonly paceMs: readonly [number, number];
  readonly code?: ErrorCode;
}

/**
 * Stops or starts an instance and waits until it is so. The order is repeated if a look shows that it had no effect.
 * @throws EdgeadmError what the cloud refused for good; `options.code` or TIMEOUT if it never took effect
 */
export async function setPowerState(
  ens: Ens,
  instanceId: string,
  target: 'Running' | 'Stopped',
  options: PowerOptions & { readonly force?: boolean },
): Promise<void> {
  const from = target === 'Running' ? 'Stopped' : 'Running';
  const order = () =>
    target === 'Running' ? ens.start(instanceId) : ens.stop(instanceId, { force: options.force ?? false });
  let final: EdgeadmError | undefined;
  let orderedAt = Number.NEGATIVE_INFINITY;
  await waitFor({
    what: `instance ${instanceId} to be ${target}`,
    timeoutMs: POWER_TIMEOUT_MS,
    intervalMs: options.paceMs,
    signal: options.signal,
    code: options.code,
    guard: async () => {
      if (final) throw final;
    },
    probe: async () => {
      const { status } = await requireInstance(ens, instanceId);
      if (status === 'Expired') final = neverSettles(instanceId, target);
      if (status === target) return { done: undefined };
      if (status !== from || performance.now() - orderedAt < ORDER_AGAIN_MS) return { seen: `it is ${status}` };
      const error = await order().then(
        () => undefined,
        (thrown: unknown) => toEdgeadmError(thrown),
      );
      if (!error) orderedAt = performance.now();
      else if (isFinal(error)) final = error;
      return { seen: error ? `it is ${status}; ${error.message}` : `it is ${status}` };
    },
  });
}

function neverSettles(instanceId: string, target: string): EdgeadmError {
  return new EdgeadmError({
    code: 'INSTANCE_NOT_RUNNING',
    what: `instance ${instanceId} will not be ${target}: it is Expired`,
    next: 'renew the instance, then run the same command again',
  });
}

const MAY_PASS = ['InvalidOperation.InvalidEnsStatus', 'InvalidOperation.InvalidEniStatus'];

/** False if another look may show another state: the answer was lost, or the state was on its way to another. */
export function isFinal(error: unknown): boolean {
  const refusal = refusalOf(error);
  return !isPassing(error) && !MAY_PASS.includes(refusal ?? '');
}
