import { allSettled } from './all-settled.ts';

/**
 * Calls the action for every item, at most `limit` at the same time. After a failure it begins no more, and throws when
 * those that run have ended: p-map rejects while they still run, on connections that its caller is about to close.
 */
export async function forEachLimited<T>(
  items: Iterable<T>,
  limit: number,
  action: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let failed = false;
  const worker = async (): Promise<void> => {
    try {
      for (let next = queue.next(); !next.done && !failed; next = queue.next()) await action(next.value);
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  await allSettled(Array.from({ length: limit }, worker));
}
