import type { KmsKey } from '../../cloud/kms.ts';

/** The only key that Secrets can be encrypted with. Sources: the vendor's user guide, 5.4; the SDK, CreateCluster. */
const SPEC = 'Aliyun_AES_256';
const USAGE = 'ENCRYPT/DECRYPT';

/**
 * Why Secrets cannot be encrypted with a key, as far as the service tells.
 * @param id ID or alias, as requested
 */
export function refuseKmsKey(id: string, key: KmsKey | undefined, region: string): string[] {
  if (!key) return [`the key ${id} was not found in ${region}`];
  const { state, spec = SPEC, usage = USAGE } = key;
  return [
    ...(state === 'Enabled' ? [] : [`the key ${id} is ${state}, not Enabled`]),
    ...(spec === SPEC ? [] : [`the key ${id} is of the type ${spec}, not ${SPEC}`]),
    ...(usage === USAGE ? [] : [`the key ${id} is for ${usage}, not for ${USAGE}`]),
  ];
}
