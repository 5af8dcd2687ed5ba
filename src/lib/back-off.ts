import { type Clock, realClock } from './clock.ts';

/**
 * Waits before another try: twice as long each time, between half and all of it by chance, since machines that lost the
 * same server must not come back at the same moment. Ends at once if the signal aborts.
 * @param failures how many tries have failed, from 1
 * @param pauseMs the first and the longest pause
 */
export async function backOff(
  failures: number,
  [first, longest]: readonly [number, number],
  options: { readonly atLeastMs?: number; readonly signal?: AbortSignal; readonly clock?: Clock } = {},
): Promise<void> {
  const step = Math.min(first * 2 ** (failures - 1), longest);
  const ms = Math.max(step * (0.5 + Math.random() / 2), Math.min(options.atLeastMs ?? 0, longest));
  await (options.clock ?? realClock).sleep(ms, options.signal);
}
