import { requireSandbox, sandboxFolder } from '../../../sandbox/folder.ts';
import type { Store } from '../../../sandbox/store.ts';

/**
 * Opens what a running sandbox keeps, beside the process that runs it.
 * @throws EdgeadmError SANDBOX_NOT_RUNNING
 */
export async function withSandboxStore<T>(directory: string | undefined, action: (store: Store) => T): Promise<T> {
  const folder = sandboxFolder(directory);
  await requireSandbox(folder);
  const { openStore } = await import('../../../sandbox/store.ts');
  const store = openStore(folder.database);
  try {
    return action(store);
  } finally {
    store.close();
  }
}
