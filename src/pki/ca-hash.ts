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
 * Checks a CA bundle against pinned hashes (`sha256:<hex>`): like kubeadm, each certificate must be pinned.
 * @returns the hash of the first certificate, the identity of the cluster
 * @throws EdgeadmError CA_HASH_MISMATCH, CLUSTER_INFO_INVALID
 */
export function pinCa(caPem: string, pins: readonly string[] | 'any'): string {
  const hashes = usable(caPem).map(publicKeyHash);
  const [first] = hashes;
  if (!first) {
    throw new EdgeadmError({ code: 'CLUSTER_INFO_INVALID', what: 'cluster-info contains no CA certificate' });
  }
  if (pins === 'any') return first;
  const allowed = new Set(pins.map((pin) => pin.replace(/^sha256:/i, '').toLowerCase()));
  const foreign = hashes.filter((hash) => !allowed.has(hash));
  if (foreign.length === 0) return first;
  throw new EdgeadmError({
    code: 'CA_HASH_MISMATCH',
    what: 'the CA of the cluster does not match the given hash',
    why: [...allowed]
      .map((hash) => `expected: sha256:${hash}`)
      .concat(foreign.map((hash) => `found: sha256:${hash}`))
      .join('\n'),
  });
}
