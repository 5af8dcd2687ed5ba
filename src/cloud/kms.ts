import { z } from 'zod';
import { type CloudCaller, type OpenCallerOptions, openCaller } from './caller.ts';
import { refusalOf } from './errors.ts';

/** A key of Key Management Service. */
export interface KmsKey {
  /** Also of a key that was named by its alias. */
  readonly id: string;
  /** Enabled, Disabled, PendingDeletion, PendingImport. */
  readonly state: string;
  /** `Aliyun_AES_256`; undefined if the service does not say. */
  readonly spec?: string;
  /** `ENCRYPT/DECRYPT`, `SIGN/VERIFY`. */
  readonly usage?: string;
}

/** Source: the vendor's Terraform provider, what it takes for a key that is not there. */
const NOT_FOUND = ['Forbidden.KeyNotFound', 'Forbidden.AliasNotFound'];

type Opened = Omit<OpenCallerOptions, 'product'> & { readonly signal?: AbortSignal };

/**
 * Finds keys in a region, with the account's credentials.
 * @returns undefined for a key that the account does not have there
 * @throws EdgeadmError as `openCaller` and `CloudCaller` do: the account may be without the right to see its keys
 */
export async function openKeys({ signal, ...options }: Opened): Promise<(id: string) => Promise<KmsKey | undefined>> {
  const caller = await openCaller({ ...options, product: 'kms' });
  return (id) => kmsKeyOf(caller, id, signal);
}

async function kmsKeyOf(caller: CloudCaller, id: string, signal?: AbortSignal): Promise<KmsKey | undefined> {
  const call = { action: 'DescribeKey', parameters: { KeyId: id }, signal };
  const found = await caller.read(call, answer).catch((error: unknown) => {
    if (NOT_FOUND.includes(refusalOf(error) ?? '')) return undefined;
    throw error;
  });
  if (!found) return undefined;
  const { KeyId, KeyState, KeySpec, KeyUsage } = found.KeyMetadata;
  return { id: KeyId, state: KeyState, spec: KeySpec ?? undefined, usage: KeyUsage ?? undefined };
}

/** Fields: the vendor's API reference, DescribeKey of 2016-01-20; older answers have no KeySpec. */
const answer = z.looseObject({
  KeyMetadata: z.looseObject({
    KeyId: z.string().min(1),
    KeyState: z.string().min(1),
    KeySpec: z.string().nullish(),
    KeyUsage: z.string().nullish(),
  }),
});
