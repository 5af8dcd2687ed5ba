/** Several lists as one. As Promise.all, but nothing still runs when it fails: the client may be closed then. */
export async function concatSettled<T>(lists: readonly Promise<readonly T[]>[]): Promise<T[]> {
  await Promise.allSettled(lists);
  return (await Promise.all(lists)).flat();
}
