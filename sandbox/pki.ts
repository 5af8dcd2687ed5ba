import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { kubeconfigYaml } from '../src/kubernetes/kubeconfig/write.ts';
import { registerSecret } from '../src/lib/redact.ts';
import { generateKey, type Subject } from '../src/pki/certificate-request.ts';
import { type Issuer, issueCertificate } from '../src/pki/issue-certificate.ts';
import type { Store } from './store.ts';

const KIND = 'sandbox/pki';
const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
const ISSUED_DAYS = 365;
/** Certificates are made again on a start that finds less than this. */
const RENEW_DAYS = 30;

/** Every certificate shows that it is the sandbox's. */
const CA: Subject = { commonName: 'edgeadm sandbox', organizations: ['edgeadm sandbox: not for production'] };
const SERVING: Subject = { commonName: 'edgeadm sandbox API server', organizations: [] };
const ADMIN: Subject = { commonName: 'edgeadm sandbox admin', organizations: ['system:masters'] };

/** A certificate with its key, both PEM. */
interface KeyedCertificate {
  readonly cert: string;
  readonly key: string;
}

/** The keys and certificates of a sandbox. All texts are PEM. */
export interface SandboxPki {
  readonly caPem: string;
  readonly caKey: string;
  /** For 127.0.0.1 and localhost: both listeners show it. */
  readonly servingCert: string;
  readonly servingKey: string;
  /** A client certificate of group system:masters. */
  readonly adminCert: string;
  readonly adminKey: string;
  /** A bearer token of the same administrator, for clients without certificates. */
  readonly adminToken: string;
  /** Signs the tokens of service accounts. */
  readonly accountKey: string;
}

/** What is kept; a document of its own kind, so that no list of objects ever shows it. */
interface Kept extends SandboxPki {
  /** Milliseconds since 1970. */
  readonly renewAfter: number;
}

/**
 * The PKI of the sandbox that a store belongs to: made once, the same after a restart. Certificates that are about to
 * expire are made again with the same CA.
 */
export async function sandboxPki(store: Store, now = Date.now()): Promise<SandboxPki> {
  const kept = store.get<Kept>(KIND, 'pki');
  // A sandbox of an earlier version has no key for the tokens of service accounts.
  if (kept?.accountKey && kept.renewAfter > now) return known(kept);
  const ca = kept ?? (await makeCa(now));
  const issuer = issuerOf(ca);
  const [serving, admin] = await Promise.all([
    issue(issuer, SERVING, 'server auth', now),
    issue(issuer, ADMIN, 'client auth', now),
  ]);
  const made: Kept = {
    caPem: ca.caPem,
    caKey: ca.caKey,
    servingCert: serving.cert,
    servingKey: serving.key,
    adminCert: admin.cert,
    adminKey: admin.key,
    adminToken: kept?.adminToken ?? randomBytes(24).toString('base64url'),
    accountKey: kept?.accountKey ?? (await generateKey()).privatePem,
    renewAfter: now + (ISSUED_DAYS - RENEW_DAYS) * DAY_MS,
  };
  store.put(KIND, 'pki', made);
  return known(made);
}

/** The administrator's key is left out: a kubeconfig that is requested must show it. */
function known(pki: SandboxPki): SandboxPki {
  for (const secret of [pki.caKey, pki.servingKey, pki.adminToken, pki.accountKey]) registerSecret(secret);
  return pki;
}

/** The CA as the one who signs. */
export function issuerOf({ caKey }: Pick<SandboxPki, 'caKey'>): Issuer {
  const privateKey = createPrivateKey(caKey);
  return { subject: CA, privateKey, publicKey: createPublicKey(privateKey) };
}

/** PEM of a certificate for another name of the same listeners, with the key of the serving certificate. */
export function servingCertificateFor(pki: Pick<SandboxPki, 'caKey' | 'servingKey'>, name: string): string {
  return issueCertificate(issuerOf(pki), {
    subject: SERVING,
    publicKey: createPublicKey(pki.servingKey),
    altNames: { dns: [name] },
    usages: ['digital signature', 'key encipherment', 'server auth'],
    ...validFrom(Date.now()),
  });
}

/** YAML of a kubeconfig for the administrator; like every kubeconfig a secret, to be written 0600. */
export function adminKubeconfig(pki: SandboxPki, url: string): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const name = 'edgeadm-sandbox';
  return kubeconfigYaml({
    server: url,
    caPem: pki.caPem,
    user: { 'client-certificate-data': base64(pki.adminCert), 'client-key-data': base64(pki.adminKey) },
    names: { cluster: name, user: `${name}-admin`, context: name },
  });
}

async function makeCa(now: number): Promise<{ caPem: string; caKey: string; adminToken?: undefined }> {
  const key = await generateKey();
  const caPem = issueCertificate(
    { subject: CA, privateKey: key.privateKey, publicKey: key.publicKey },
    {
      subject: CA,
      publicKey: key.publicKey,
      usages: ['digital signature', 'cert sign', 'crl sign'],
      isCa: true,
      notBefore: new Date(now - DAY_MS),
      notAfter: new Date(now + CA_DAYS * DAY_MS),
    },
  );
  return { caPem, caKey: key.privatePem };
}

async function issue(issuer: Issuer, subject: Subject, usage: string, now: number): Promise<KeyedCertificate> {
  const key = await generateKey();
  const cert = issueCertificate(issuer, {
    subject,
    publicKey: key.publicKey,
    altNames: usage === 'server auth' ? { dns: ['localhost'], ips: ['127.0.0.1'] } : {},
    usages: ['digital signature', 'key encipherment', usage],
    ...validFrom(now),
  });
  return { cert, key: key.privatePem };
}

function validFrom(now: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + ISSUED_DAYS * DAY_MS) };
}
