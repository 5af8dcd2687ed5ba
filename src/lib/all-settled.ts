/**
 * Like `Promise.all`, but throws a failure only when all the others have ended too: what changes a node must not run on
 * while the change is rolled back. A copy that does would leave its half-written file behind.
 */
export async function allSettled<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
