import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until `probe` gives something truthy and returns it.
 * @param timeout seconds
 * @param evidence what to say beside if the time runs out
 * @throws Error that names what was waited for, the evidence and the probe's last error
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T> | T,
  timeout = 60,
  evidence?: () => Promise<string>,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = Date.now() + timeout * 1000;
  let pause = 20;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value as NonNullable<Exclude<T, false>>;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const found = evidence ? `:\n${await evidence().catch(String)}` : '';
      throw new Error(`waited ${timeout} s in vain for ${what}${found}`, { cause: last });
    }
    await sleep(pause);
    pause = Math.min(pause * 1.5, 250);
  }
}
