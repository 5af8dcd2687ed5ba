import { sandboxPki } from '../../../sandbox/pki.ts';
import { openStore } from '../../../sandbox/store.ts';
import { memoize } from '../../../src/lib/memoize.ts';

/**
 * One PKI for all tests of a process. Each key is a secret that every later text is searched for, so hundreds of them
 * cost more than the tests that made them.
 */
export const testPki = memoize(async () => {
  const store = openStore(':memory:');
  const pki = await sandboxPki(store);
  store.close();
  return pki;
});
