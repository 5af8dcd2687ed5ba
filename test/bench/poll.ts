import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 50;

/**
 * Asks every 50 ms, so that what is compared is told apart.
 * @throws Error that names `what` after two minutes
 */
export async function poll(what: string, probe: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 120_000;
  while (!(await probe())) {
    if (performance.now() > end) throw new Error(`waited two minutes in vain for ${what}`);
    await sleep(EVERY_MS);
  }
}
