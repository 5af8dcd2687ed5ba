import { EdgeadmError } from '../../errors/index.ts';
import { fingerprint, type KnownHosts, type KnownKey, keyType, knownHostsName } from './known-hosts.ts';

/** Signature algorithms for each type of host key, best first. */
const ALGORITHMS = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
} as const;

export type HostKeyAlgorithm = (typeof ALGORITHMS)[keyof typeof ALGORITHMS][number];

/** Where keys are looked up, and where a new one is to be written. */
export interface HostKeyPolicy {
  readonly known: KnownHosts;
  /** The file that a user adds keys to. */
  readonly file: string;
}

/** The algorithms to offer a host: those for which a key of it is known come first, so that it shows that key. */
export function hostKeyAlgorithms(known: readonly KnownKey[]): HostKeyAlgorithm[] {
  const types = new Set(known.filter((key) => !key.revoked).map((key) => key.type));
  const entries = Object.entries(ALGORITHMS);
  return [...entries.filter(([type]) => types.has(type)), ...entries.filter(([type]) => !types.has(type))].flatMap(
    ([, algorithms]) => algorithms,
  );
}

/**
 * Compares the key that a host showed with known_hosts.
 * @returns undefined if it is known, else HOST_KEY_UNKNOWN or HOST_KEY_CHANGED
 */
export function checkHostKey(
  shown: Buffer,
  address: string,
  port: number,
  policy: HostKeyPolicy,
): EdgeadmError | undefined {
  const known = policy.known.keysOf(address, port);
  const same = known.filter((key) => key.key === shown.toString('base64'));
  const revoked = same.find((key) => key.revoked);
  if (revoked) return revokedError(shown, address, port, revoked);
  if (same.length > 0) return undefined;
  const others = known.filter((key) => !key.revoked);
  return others.length > 0
    ? changedError(shown, address, port, others, policy.file)
    : unknownError(shown, address, port, policy);
}

function unknownError(shown: Buffer, address: string, port: number, policy: HostKeyPolicy): EdgeadmError {
  const { file } = policy;
  const [authority] = policy.known.authoritiesOf(address, port);
  const certificates = `${authority?.source} trusts a @cert-authority for it, but edgeadm does not support host certificates`;
  const type = keyType(shown);
  const line = `${knownHostsName(address, port)} ${type} ${shown.toString('base64')}`;
  return new EdgeadmError({
    code: 'HOST_KEY_UNKNOWN',
    what: `the SSH host key of ${knownHostsName(address, port)} is not known`,
    why: [
      `it presented a key of type ${type} with the fingerprint ${fingerprint(shown)}`,
      ...(authority ? [certificates] : []),
    ].join('\n'),
    next: [
      'Compare the fingerprint with the one that the host itself prints (as root, in /etc/ssh):',
      '  for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done',
      `If they agree, add this line to ${file}:`,
      `  ${line}`,
      `or all keys of the host: ssh-keyscan ${port === 22 ? '' : `-p ${port} `}${address} >> ${file}`,
    ].join('\n'),
  });
}

function changedError(shown: Buffer, address: string, port: number, known: KnownKey[], file: string): EdgeadmError {
  const expected = known.map(
    ({ type, key, source }) => `expected:  ${type} ${fingerprint(Buffer.from(key, 'base64'))} (${source})`,
  );
  return new EdgeadmError({
    code: 'HOST_KEY_CHANGED',
    what: `the SSH host key of ${knownHostsName(address, port)} is not the one in known_hosts`,
    why: [...expected, `presented: ${keyType(shown)} ${fingerprint(shown)}`].join('\n'),
    next: [
      'Find out why: the host was reinstalled, or another machine answers in its place. If it was reinstalled:',
      `  ssh-keygen -R '${knownHostsName(address, port)}' -f ${file}`,
      'then add its new key.',
    ].join('\n'),
  });
}

function revokedError(shown: Buffer, address: string, port: number, revoked: KnownKey): EdgeadmError {
  return new EdgeadmError({
    code: 'HOST_KEY_CHANGED',
    what: `the SSH host key of ${knownHostsName(address, port)} has been revoked`,
    why: `${keyType(shown)} ${fingerprint(shown)} is marked @revoked in ${revoked.source}`,
    next: 'Do not connect until the host has a new key: anyone with the old key can impersonate this host.',
  });
}
