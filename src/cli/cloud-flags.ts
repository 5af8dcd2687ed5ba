import { Flags } from '@oclif/core';
import { type CloudCaller, type OpenCallerOptions, openCaller } from '../cloud/caller.ts';
import { SECRET_ON_COMMAND_LINE } from '../cloud/credentials.ts';
import { secretOf } from './flags.ts';

/** Whose account it is. The spellings of the original ENI tool are taken too. */
export const cloudFlags = {
  region: Flags.string({
    default: 'ap-southeast-1',
    helpValue: 'REGION',
    description: 'region of the API, see docs/cloud-endpoints.md',
    helpGroup: 'CLOUD',
  }),
  'access-key': Flags.string({
    aliases: ['accessKey'],
    helpValue: 'ID',
    description: 'AccessKey ID; default: environment, ~/.aliyun/config.json, instance role',
    helpGroup: 'CLOUD',
  }),
  'secret-key': Flags.string({
    aliases: ['secretKey'],
    helpValue: 'SECRET',
    description: 'AccessKey secret, @FILE or - (standard input)',
    helpGroup: 'CLOUD',
  }),
  profile: Flags.string({
    helpValue: 'FILE',
    description: 'JSON with {"AccessKey", "SecretKey"}',
    helpGroup: 'CLOUD',
    exclusive: ['access-key', 'secret-key'],
  }),
};

/** What oclif made of {@link cloudFlags}. */
export interface CloudFlags {
  readonly region: string;
  readonly 'access-key'?: string;
  readonly 'secret-key'?: string;
  readonly profile?: string;
}

/**
 * A caller with the credentials of the flags, or of where else they are kept.
 * @param warn called if a secret is on the command line
 * @throws EdgeadmError see {@link openCaller}
 */
export async function callerOf(
  flags: CloudFlags,
  options: Pick<OpenCallerOptions, 'product' | 'plan'>,
  warn: (text: string) => void,
): Promise<CloudCaller> {
  const secret = flags['secret-key'];
  if (secret !== undefined && secret !== '-' && !secret.startsWith('@')) warn(SECRET_ON_COMMAND_LINE);
  const accessKeySecret = await secretOf(secret, '--secret-key');
  const credentials = { accessKeyId: flags['access-key'], accessKeySecret, profile: flags.profile };
  return openCaller({ ...options, region: flags.region, credentials });
}
