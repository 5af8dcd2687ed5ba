import { createHash, type KeyObject } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1CertificateSigningRequest } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import { formatDuration } from '../../lib/duration.ts';
import { type ApiClient, apiErrorOf } from '../api/client.ts';
import { minorOf } from '../version.ts';

/** Between two watches, if the server ended one at once. */
const WATCH_AGAIN_MS = 300;
const CLIENT_USAGES = ['digital signature', 'key encipherment', 'client auth'];
const SERVER_USAGES = ['digital signature', 'key encipherment', 'server auth'];

/** `edgeadm-` and a digest of the key: another run with the same key finds the same object. */
export function requestNameOf(publicKey: KeyObject): string {
  const digest = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' }));
  return `edgeadm-${digest.digest('hex').slice(0, 20)}`;
}

export interface SigningOptions {
  /**
   * Of the request, `edgeadm-…`; made of the key, so that a later run with the same key continues with the same
   * request.
   */
  readonly name: string;
  /** PEM of the PKCS #10 request. */
  readonly request: string;
  readonly signer: string;
  readonly usage: 'client' | 'server';
  /** `v1.20.2`; before 1.19 only v1beta1 is there. */
  readonly clusterVersion: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A request that was issued, or that still waits for approval. */
export interface SigningResult {
  readonly name: string;
  readonly certificate?: string;
  /** The API server did not answer at the end: it is unknown whether the request was approved. */
  readonly unanswered?: EdgeadmError;
}

/**
 * Creates a CertificateSigningRequest and watches it until the certificate is there.
 * @returns without a certificate if it was not approved in time; undefined in a dry run
 * @throws EdgeadmError CSR_NOT_ISSUED if it was denied or failed
 */
export async function requestCertificate(
  client: ApiClient,
  options: SigningOptions,
): Promise<SigningResult | undefined> {
  // v1 refuses the signer that old hubs ask; v1beta1 continues serving it up to 1.21.
  const old = minorOf(options.clusterVersion) < 19 || options.signer === 'kubernetes.io/legacy-unknown';
  const version = old ? 'v1beta1' : 'v1';
  const path = `/apis/certificates.k8s.io/${version}/certificatesigningrequests`;
  const created = await createOrFind(client, path, {
    apiVersion: `certificates.k8s.io/${version}`,
    kind: 'CertificateSigningRequest',
    metadata: { name: options.name },
    spec: {
      request: Buffer.from(options.request).toString('base64'),
      signerName: options.signer,
      usages: options.usage === 'client' ? CLIENT_USAGES : SERVER_USAGES,
    },
  });
  const name = created?.metadata?.name;
  if (!name) return undefined;
  return { name, ...(await issued(client, path, name, options)) };
}

/** A request of that name is an earlier run's: only this node has the key that the name is derived from. */
async function createOrFind(
  client: ApiClient,
  path: string,
  request: { readonly metadata: { readonly name: string }; readonly [key: string]: unknown },
): Promise<V1CertificateSigningRequest | undefined> {
  try {
    return await client.create<V1CertificateSigningRequest>(path, request);
  } catch (error) {
    if (apiErrorOf(error)?.reason !== 'AlreadyExists') throw error;
    return client.get<V1CertificateSigningRequest>(`${path}/${request.metadata.name}`);
  }
}

async function issued(
  client: ApiClient,
  path: string,
  name: string,
  options: SigningOptions,
): Promise<Omit<SigningResult, 'name'>> {
  const limit = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, limit]);
  const query = `?watch=true&fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
  let unanswered: EdgeadmError | undefined;
  while (!signal.aborted) {
    try {
      // The first event of a watch without resourceVersion is the object as it is: no approval is missed.
      for await (const event of client.watch<V1CertificateSigningRequest>(path + query, signal)) {
        unanswered = undefined;
        const certificate = certificateOf(event.object);
        if (certificate) return { certificate };
      }
    } catch (error) {
      if (!(error instanceof EdgeadmError)) continue;
      // A refusal is final; a connection that broke is made again.
      if (error.code !== 'API_UNREACHABLE') throw error;
      unanswered = error;
    }
    await delay(WATCH_AGAIN_MS, undefined, { signal }).catch(() => {});
  }
  options.signal.throwIfAborted();
  return { unanswered };
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

/** As the `cause` of an error: a request waits for approval, and the next run continues with it. */
export class PendingRequest extends Error {
  override readonly name = 'PendingRequest';
}

/** The error for a request that was not approved in time, as far as is known. */
export function notApproved({ name, unanswered }: SigningResult, signer: string, timeoutMs: number): EdgeadmError {
  return new EdgeadmError({
    code: 'CSR_NOT_ISSUED',
    what: `the certificate signing request ${name} was not approved within ${formatDuration(timeoutMs)}`,
    why: unanswered ? `it is unknown whether it was: ${unanswered.message}` : `signer ${signer}; it is still pending`,
    next: `kubectl certificate approve ${name}, then run the same command again: it continues with this request`,
    cause: new PendingRequest(name),
  });
}
