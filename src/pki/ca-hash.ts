import { createHash, X509Certificate } from 'node:crypto';
import { EdgeadmError } from '../errors/index.ts';

/** Splits a PEM bundle into its certificates. @throws the system's error if one is none */
export function certificatesOf(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** Lower-case hex SHA-256 of the SubjectPublicKeyInfo, what kubeadm pins a CA by. */
export function publicKeyHash(certificate: X509Certificate): string {
  return createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** @throws EdgeadmError CLUSTER_INFO_INVALID */
function usable(caPem: string): X509Certificate[] {
  try {
    return certificatesOf(caPem);
  } catch (cause) {
    throw new EdgeadmError({
      code: 'CLUSTER_INFO_INVALID',
      what: 'the CA certificate in cluster-info is damaged',
      why: (cause as Error).message,
      cause,
    });
  }
}

/**
 * The hash of each CA in a bundle: during a rotation there are two.
 * @throws EdgeadmError CLUSTER_INFO_INVALID if there is none
 */
export function caHashes(caPem: string): string[] {
  const hashes = usable(caPem).map(publicKeyHash);
  if (hashes.length > 0) return hashes;
  throw new EdgeadmError({ code: 'CLUSTER_INFO_INVALID', what: 'cluster-info contains no CA certificate' });
}

/** A bundle of which at least one CA is pinned. */
export interface PinnedCa {
  /** Of the first certificate in the bundle: the identity of the cluster. */
  readonly hash: string;
  /** The pinned certificates alone. The others are not trusted until a server with one of these confirms the bundle. */
  readonly pem: string;
}

/**
 * Checks a CA bundle against pinned hashes (`sha256:<hex>`). As for kubeadm, one pinned CA is enough
 * (cmd/kubeadm/app/util/pubkeypin, CheckAny): a join line from before a rotation stays valid.
 * @throws EdgeadmError CA_HASH_MISMATCH, CLUSTER_INFO_INVALID
 */
export function pinCa(caPem: string, pins: readonly string[] | 'any'): PinnedCa {
  const hashes = caHashes(caPem);
  const [hash = ''] = hashes;
  if (pins === 'any') return { hash, pem: caPem };
  const allowed = new Set(pins.map((pin) => pin.replace(/^sha256:/i, '').toLowerCase()));
  const pinned = usable(caPem).filter((certificate) => allowed.has(publicKeyHash(certificate)));
  if (pinned.length > 0) return { hash, pem: pinned.join('') };
  throw new EdgeadmError({
    code: 'CA_HASH_MISMATCH',
    what: 'the CA of the cluster does not match the given hash',
    why: [...allowed]
      .map((each) => `expected: sha256:${each}`)
      .concat(hashes.map((each) => `found: sha256:${each}`))
      .join('\n'),
  });
}
