import { setTimeout as delay } from 'node:timers/promises';
import type { V1CertificateSigningRequest } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import { formatDuration } from '../../lib/duration.ts';
import { type ApiClient, apiErrorOf } from '../api/client.ts';
import { minorOf } from '../version.ts';

/** Between two watches, where the server ended one at once. */
const WATCH_AGAIN_MS = 300;
/** Five random letters seldom meet, and three times in a row never. */
const NAME_TRIES = 3;
const CLIENT_USAGES = ['digital signature', 'key encipherment', 'client auth'];
const SERVER_USAGES = ['digital signature', 'key encipherment', 'server auth'];

export interface SigningOptions {
  /** PEM of the PKCS #10 request. */
  readonly request: string;
  readonly signer: string;
  readonly usage: 'client' | 'server';
  /** `v1.20.2`; before 1.19 only v1beta1 is there. */
  readonly clusterVersion: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A request that was issued, or that still waits for somebody's approval. */
export type SigningResult = { readonly name: string; readonly certificate?: string };

/**
 * Creates a CertificateSigningRequest and watches it until the certificate is there.
 * @returns without a certificate where nobody approved it in time; undefined in a dry run
 * @throws EdgeadmError CSR_NOT_ISSUED where it was denied or failed
 */
export async function requestCertificate(
  client: ApiClient,
  options: SigningOptions,
): Promise<SigningResult | undefined> {
  // v1 refuses the signer that old hubs ask; v1beta1 goes on serving it up to 1.21.
  const old = minorOf(options.clusterVersion) < 19 || options.signer === 'kubernetes.io/legacy-unknown';
  const version = old ? 'v1beta1' : 'v1';
  const path = `/apis/certificates.k8s.io/${version}/certificatesigningrequests`;
  const created = await createWithOwnName(client, path, {
    apiVersion: `certificates.k8s.io/${version}`,
    kind: 'CertificateSigningRequest',
    metadata: { generateName: 'edgeadm-' },
    spec: {
      request: Buffer.from(options.request).toString('base64'),
      signerName: options.signer,
      usages: options.usage === 'client' ? CLIENT_USAGES : SERVER_USAGES,
    },
  });
  const name = created?.metadata?.name;
  if (!name) return undefined;
  return { name, certificate: await issued(client, path, name, options) };
}

/** An API server that makes up a name which is taken says so, and leaves it to the client to ask again. */
async function createWithOwnName(
  client: ApiClient,
  path: string,
  request: object,
): Promise<V1CertificateSigningRequest | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      return await client.create<V1CertificateSigningRequest>(path, request);
    } catch (error) {
      const taken = apiErrorOf(error)?.reason === 'AlreadyExists';
      if (!taken || tries === NAME_TRIES) throw error;
    }
  }
}

async function issued(
  client: ApiClient,
  path: string,
  name: string,
  options: SigningOptions,
): Promise<string | undefined> {
  const limit = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, limit]);
  const query = `?watch=true&fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
  while (!signal.aborted) {
    try {
      // The first event of a watch without resourceVersion is the object as it is: no approval is missed.
      for await (const event of client.watch<V1CertificateSigningRequest>(path + query, signal)) {
        const certificate = certificateOf(event.object);
        if (certificate) return certificate;
      }
    } catch (error) {
      // A refusal is final; a connection that broke is made again.
      if (error instanceof EdgeadmError && error.code !== 'API_UNREACHABLE') throw error;
    }
    await delay(WATCH_AGAIN_MS, undefined, { signal }).catch(() => {});
  }
  options.signal.throwIfAborted();
  return undefined;
}

function certificateOf(csr: V1CertificateSigningRequest): string | undefined {
  const refused = csr.status?.conditions?.find(
    (condition) => condition.type === 'Denied' || condition.type === 'Failed',
  );
  if (refused) {
    throw new EdgeadmError({
      code: 'CSR_NOT_ISSUED',
      what: `the certificate signing request ${csr.metadata?.name} was ${refused.type.toLowerCase()}`,
      why: [refused.reason, refused.message].filter(Boolean).join(': '),
    });
  }
  return csr.status?.certificate && Buffer.from(csr.status.certificate, 'base64').toString('utf8');
}

/** The error for a request that nobody approved in time. */
export function notApproved(name: string, signer: string, timeoutMs: number): EdgeadmError {
  return new EdgeadmError({
    code: 'CSR_NOT_ISSUED',
    what: `the certificate signing request ${name} was not approved within ${formatDuration(timeoutMs)}`,
    why: `signer ${signer}; it is still pending`,
    next: `kubectl certificate approve ${name}, then run the same command again`,
  });
}
