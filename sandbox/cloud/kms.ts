import type { Store } from '../store.ts';
import { type Parameters, requiredParameter } from './ens-parameters.ts';
import { CloudFailure } from './service.ts';

/** A key of Key Management Service, kept under its ID. */
export interface KmsKeyRecord {
  readonly id: string;
  readonly alias?: string;
  readonly region: string;
  readonly spec: 'Aliyun_AES_256' | 'RSA_2048';
  readonly state: 'Enabled' | 'Disabled';
}

export const KMS_KEY = 'kms/key';

/** Two keys that Secrets can be encrypted with, one of another type, and one that is disabled. */
export function seedKeys(store: Store, region: string): void {
  if (store.list(KMS_KEY).length > 0) return;
  const keys: readonly Omit<KmsKeyRecord, 'region'>[] = [
    { id: '619583bb-6266-478e-8b87-0123456789ab', alias: 'alias/secrets', spec: 'Aliyun_AES_256', state: 'Enabled' },
    { id: 'key-sandbox', spec: 'Aliyun_AES_256', state: 'Enabled' },
    { id: 'key-sandbox-rsa', spec: 'RSA_2048', state: 'Enabled' },
    { id: 'key-sandbox-disabled', spec: 'Aliyun_AES_256', state: 'Disabled' },
  ];
  for (const key of keys) store.put(KMS_KEY, key.id, { ...key, region } satisfies KmsKeyRecord);
}

/** Fields and codes: the vendor's API reference, DescribeKey of 2016-01-20. */
export function describeKey(parameters: Parameters, store: Store): object {
  const asked = requiredParameter(parameters, 'KeyId');
  const keys = store.list<KmsKeyRecord>(KMS_KEY).map(({ document }) => document);
  const key = keys.find(({ id, alias }) => asked === id || asked === alias || asked.endsWith(`:key/${id}`));
  if (!key) throw notFound(asked);
  return {
    KeyMetadata: {
      KeyId: key.id,
      Arn: `acs:kms:${key.region}:1:key/${key.id}`,
      KeySpec: key.spec,
      KeyState: key.state,
      KeyUsage: key.spec === 'RSA_2048' ? 'SIGN/VERIFY' : 'ENCRYPT/DECRYPT',
      Origin: 'Aliyun_KMS',
      ProtectionLevel: 'SOFTWARE',
      DeletionProtection: 'Disabled',
      Description: '',
    },
  };
}

function notFound(asked: string): CloudFailure {
  return asked.startsWith('alias/')
    ? new CloudFailure(404, 'Forbidden.AliasNotFound', 'The specified Alias is not found.')
    : new CloudFailure(404, 'Forbidden.KeyNotFound', 'The specified Key is not found.');
}
