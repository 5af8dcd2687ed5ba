import { createHash, createHmac } from 'node:crypto';
import { decodeText } from '../../lib/decode-text.ts';
import { readUserFileIfAny } from '../../lib/user-file.ts';

/** Bytes; of hundreds of thousands of hosts. */
const MAX_BYTES = 64 * 1024 ** 2;

/** A host key as a known_hosts line gives it. */
export interface KnownKey {
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256` ... */
  readonly type: string;
  /** The key itself, base64. */
  readonly key: string;
  readonly revoked: boolean;
  /** `/root/.ssh/known_hosts:12` */
  readonly source: string;
}

const MARKERS = ['@revoked', '@cert-authority'];

interface Entry extends KnownKey {
  readonly hosts: string;
  /** True for the key of an authority that signs certificates of hosts. */
  readonly authority: boolean;
}

/** How known_hosts names a host: the port stands beside it unless it is 22. */
export function knownHostsName(address: string, port: number): string {
  return port === 22 ? address.toLowerCase() : `[${address.toLowerCase()}]:${port}`;
}

/** `SHA256:…` as OpenSSH prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type that an SSH public key names in its first field. */
export function keyType(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

/**
 * What OpenSSH's known_hosts files say of host keys.
 * @see sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"
 */
export class KnownHosts {
  readonly #entries: readonly Entry[];

  constructor(files: readonly { readonly path: string; readonly text: string }[]) {
    this.#entries = files.flatMap(({ path, text }) => parse(text, path));
  }

  /** Reads the files; one that does not exist is empty. */
  static async read(paths: readonly string[]): Promise<KnownHosts> {
    const files = await Promise.all(paths.map(async (path) => ({ path, text: await textOf(path) })));
    return new KnownHosts(files);
  }

  /** Every key that is known for a host. */
  keysOf(address: string, port: number): KnownKey[] {
    return this.#entriesOf(address, port).filter((entry) => !entry.authority);
  }

  /** The `@cert-authority` lines for a host. ssh2 does not support certificates, so only plain keys count. */
  authoritiesOf(address: string, port: number): KnownKey[] {
    return this.#entriesOf(address, port).filter((entry) => entry.authority);
  }

  #entriesOf(address: string, port: number): Entry[] {
    const name = knownHostsName(address, port);
    return this.#entries.filter((entry) => matches(entry.hosts, name));
  }
}

async function textOf(path: string): Promise<string> {
  const file = await readUserFileIfAny(path, { what: 'known hosts', maxBytes: MAX_BYTES });
  return file === undefined ? '' : decodeText(file);
}

function parse(text: string, path: string): Entry[] {
  return text.split('\n').flatMap((line, index) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0]?.startsWith('#')) return [];
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [hosts, type, key] = words;
    if (!hosts || !type || !key || (marker && !MARKERS.includes(marker))) return [];
    const [revoked, authority] = [marker === '@revoked', marker === '@cert-authority'];
    return [{ hosts, type, key, revoked, authority, source: `${path}:${index + 1}` }];
  });
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return matchesHash(hosts, name);
  const patterns = hosts.toLowerCase().split(',');
  // An expression for each line of a file of a hundred hosts, compiled for each host, would be ten thousand.
  const fits = (pattern: string): boolean => (/[*?]/.test(pattern) ? wildcard(pattern).test(name) : pattern === name);
  if (patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && fits(pattern));
}

/** `|1|salt|hash`: HMAC-SHA1 of the name. */
function matchesHash(hosts: string, name: string): boolean {
  const [, , salt = '', hash = ''] = hosts.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
