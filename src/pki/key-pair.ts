import type { X509Certificate } from 'node:crypto';
import { registerSecret } from '../lib/redact.ts';
import { certificatesOf } from './ca-hash.ts';

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/;

/** A certificate with its private key, as kubelet and edge-hub keep them in one PEM file. */
export interface CertificateKeyPair {
  /** The first one of the file. */
  readonly certificate: X509Certificate;
  /** PEM of the certificate and of those of its issuers that are in the file. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/**
 * Takes a file of certificate and key apart; the key is registered as a secret.
 * @returns undefined if there is no file, one of the two is missing, or it is not a certificate
 */
export function keyPairIn(pem: string | undefined): CertificateKeyPair | undefined {
  const key = pem && PRIVATE_KEY.exec(pem)?.[0];
  if (!key) return undefined;
  registerSecret(key);
  try {
    const certificates = certificatesOf(pem);
    const [certificate] = certificates;
    return certificate && { certificate, cert: certificates.map(String).join(''), key: `${key}\n` };
  } catch {
    return undefined;
  }
}
