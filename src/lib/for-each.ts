/** Calls the action for every item, at most `limit` at the same time. The first rejection ends it. */
export async function forEachLimited<T>(
  items: Iterable<T>,
  limit: number,
  action: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) await action(next.value);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
