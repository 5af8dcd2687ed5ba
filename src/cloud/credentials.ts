import { EdgeadmError } from '../errors/index.ts';
import { registerSecret } from '../lib/redact.ts';
import { readUserText } from '../lib/user-file.ts';

/** What a user gave on the command line; at most one of the two ways. */
export interface CloudCredentialOptions {
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  /** A file of the original tool: `{"AccessKey": "…", "SecretKey": "…"}`. */
  readonly profile?: string;
}

/** The keys of an account or of a role. */
export interface CloudKeys {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/** Gives the keys again for each call: those of a role are only good for some time. */
export type CloudCredential = () => Promise<CloudKeys>;

const ALTERNATIVES = `set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET,
or give --profile FILE, a JSON object with the keys AccessKey and SecretKey,
or log in with \`aliyun configure\` (~/.aliyun/config.json)`;

/** Said if a secret is on the command line: shell histories and process lists keep it. */
export const SECRET_ON_COMMAND_LINE = `a secret on the command line stays in the shell's history; instead:\n${ALTERNATIVES}`;

/**
 * The first of: the flags, the profile, the default chain of the official SDKs (environment, OIDC,
 * `~/.aliyun/config.json`, `~/.alibabacloud/credentials`, the instance's role).
 * @throws EdgeadmError USAGE for half a pair or a profile that is none, CLOUD_CREDENTIALS if nothing is found
 */
export async function openCredentials(
  options: CloudCredentialOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<CloudCredential> {
  const { accessKeyId, accessKeySecret, profile } = options;
  if (accessKeyId !== undefined || accessKeySecret !== undefined) return always(pairOf(accessKeyId, accessKeySecret));
  if (profile !== undefined) return always(await readProfile(profile));
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret } = env;
  const securityToken = env.ALIBABA_CLOUD_SECURITY_TOKEN || undefined;
  // Loading the chain costs a tenth of a second, and this is where it begins.
  if (id && secret) return always({ accessKeyId: id, accessKeySecret: secret, securityToken });
  return defaultChain();
}

function pairOf(accessKeyId: string | undefined, accessKeySecret: string | undefined): CloudKeys {
  if (accessKeyId && accessKeySecret) return { accessKeyId, accessKeySecret };
  throw new EdgeadmError({
    code: 'USAGE',
    what: `--access-key and --secret-key belong together: ${accessKeyId ? '--secret-key' : '--access-key'} is missing`,
    next: ALTERNATIVES,
  });
}

async function readProfile(file: string): Promise<CloudKeys> {
  const unusable = (why: string): EdgeadmError =>
    new EdgeadmError({ code: 'USAGE', what: `--profile: ${file} cannot be used`, why });
  const text = await readUserText(file, { what: '--profile' });
  let profile: { AccessKey?: unknown; SecretKey?: unknown } | null;
  try {
    profile = JSON.parse(text) as typeof profile;
  } catch {
    // The parser's message would quote the secret.
    throw unusable('it is not JSON');
  }
  const { AccessKey, SecretKey } = profile ?? {};
  if (typeof AccessKey === 'string' && typeof SecretKey === 'string' && AccessKey && SecretKey)
    return { accessKeyId: AccessKey, accessKeySecret: SecretKey };
  throw unusable('it must be a JSON object with the strings AccessKey and SecretKey');
}

function always(keys: CloudKeys): CloudCredential {
  register(keys);
  return async () => keys;
}

async function defaultChain(): Promise<CloudCredential> {
  const { default: credentials } = await import('@alicloud/credentials');
  const chain = new credentials.default();
  const keys = async (): Promise<CloudKeys> => {
    const { accessKeyId = '', accessKeySecret = '', securityToken } = await chain.getCredential().catch(notFound);
    const found = { accessKeyId, accessKeySecret, securityToken: securityToken || undefined };
    register(found);
    return found;
  };
  await keys();
  return keys;
}

/** Credentials of a role are renewed before they expire, and the renewal may fail. */
function notFound(cause: Error): never {
  const why = tried(cause.message);
  throw new EdgeadmError({
    code: 'CLOUD_CREDENTIALS',
    what: 'no cloud credentials were found',
    why,
    next: ALTERNATIVES,
    cause,
  });
}

/** What the default chain says of its sources, and what users read. Source: @alicloud/credentials, providers. */
const SOURCES: readonly (readonly [RegExp, string])[] = [
  [/^unable to get credentials from any of the providers in the chain: /, ''],
  [/unable to get credentials from enviroment variables, [\w ]+ \((\w+)\)/, 'environment: $1 is not set'],
  [/, reading aliyun cli config from '([^']*)' failed\./, '\naliyun CLI: no configuration in $1'],
  [/, ENOENT: no such file or directory, \w+ '([^']*)'/, '\nshared credentials: $1 does not exist'],
  [/, get role name failed: GET (\S+) (\d+)/, '\ninstance role: none (HTTP $2 from $1)'],
  // The address of a source that was not configured.
  [/(^|, )[^,\n]*https:\/\/undefined\/.*$/, ''],
];

/** What each source of the default chain lacked, one a line. */
export function tried(message: string): string {
  return SOURCES.reduce((text, [pattern, words]) => text.replace(pattern, words), message);
}

function register({ accessKeySecret, securityToken }: CloudKeys): void {
  registerSecret(accessKeySecret);
  registerSecret(securityToken);
}
