import { abortable } from './abortable.ts';

/**
 * Like `Promise.all`, but throws a failure only when all the others have ended too: what changes a node must not run on
 * while the change is rolled back. A copy that does would leave its half-written file behind.
 * @param signal ends the waiting: the command has to end in time then
 */
export async function allSettled<T extends readonly unknown[] | []>(
  work: T,
  signal?: AbortSignal,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await abortable(Promise.allSettled(work), signal);
  return Promise.all(work);
}
