import { randomBytes } from 'node:crypto';
import type { Store } from '../store.ts';

/** The keys of the one account that an emulated cloud has. */
export interface SandboxAccount {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

const KIND = 'cloud/account';
const KEY = 'sandbox';

/** The account of a sandbox; made when first requested, and kept as long as the sandbox's folder. */
export function sandboxAccount(store: Store): SandboxAccount {
  const kept = store.get<SandboxAccount>(KIND, KEY);
  if (kept) return kept;
  // Real ones begin with LTAI: these must not look real.
  const account = { accessKeyId: `SANDBOX${hex(8)}`, accessKeySecret: hex(15) };
  store.put(KIND, KEY, account);
  return account;
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
