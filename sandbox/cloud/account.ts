import { randomBytes } from 'node:crypto';
import type { Store } from '../store.ts';

/** The keys of the one account that an emulated cloud has. */
export interface SandboxAccount {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/** Keys of a role of the account: they are good with their token, and for some time. */
export interface TemporaryKeys extends SandboxAccount {
  readonly securityToken: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

const KIND = 'cloud/account';
const KEY = 'sandbox';
const TEMPORARY = 'cloud/temporary-keys';
/** How long keys that have expired are refused as expired, not as unknown. */
const REMEMBERED_MS = 86_400_000;

/** The account of a sandbox; made when first requested, and kept as long as the sandbox's folder. */
export function sandboxAccount(store: Store): SandboxAccount {
  const kept = store.get<SandboxAccount>(KIND, KEY);
  if (kept) return kept;
  // Real ones begin with LTAI: these must not look real.
  const account = { accessKeyId: `SANDBOX${hex(8)}`, accessKeySecret: hex(15) };
  store.put(KIND, KEY, account);
  return account;
}

/** New keys of a role, as AssumeRole of the Security Token Service gives them. */
export function temporaryKeys(store: Store, lifetimeMs: number, now = Date.now()): TemporaryKeys {
  for (const { key, document } of store.list<TemporaryKeys>(TEMPORARY))
    if (document.expires + REMEMBERED_MS < now) store.delete(TEMPORARY, key);
  const keys = {
    accessKeyId: `STS.SANDBOX${hex(8)}`,
    accessKeySecret: hex(15),
    securityToken: randomBytes(48).toString('base64url'),
    expires: now + lifetimeMs,
  };
  store.put(TEMPORARY, keys.accessKeyId, keys);
  return keys;
}

/** What a signature is checked with. */
export interface KnownKeys {
  /** The keys of an id; undefined: there are none. */
  find(accessKeyId: string): SandboxAccount | TemporaryKeys | undefined;
  /** True for a token of any keys. */
  isToken(securityToken: string): boolean;
}

/** The keys of the account and of its roles. */
export function knownKeys(store: Store): KnownKeys {
  const account = sandboxAccount(store);
  return {
    find: (id) => (id === account.accessKeyId ? account : store.get<TemporaryKeys>(TEMPORARY, id)),
    isToken: (token) => store.list<TemporaryKeys>(TEMPORARY).some(({ document }) => document.securityToken === token),
  };
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
