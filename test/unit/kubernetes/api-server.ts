import { createServer } from 'node:https';
import { type Duplex, duplexPair } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { generateKey } from '../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../src/pki/self-signed.ts';

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly contentType?: string;
  /** Common name of the client's certificate. */
  readonly user?: string;
  readonly authorization?: string;
  /** The headers of impersonation as they came. */
  readonly impersonation: readonly string[];
}

/** A number is a status with a Status object of no content, `events` a watch; anything else is answered with 200. */
export type ApiAnswer =
  | number
  | { readonly status: number; readonly body: unknown }
  | { readonly events: readonly object[] }
  | object;

export interface ApiServer {
  readonly server: string;
  readonly ca: string;
  readonly connect: () => Promise<Duplex>;
  /** `GET /api/v1/nodes/n1`, in order. */
  readonly requests: readonly ApiRequest[];
}

/** An API server in memory, over real TLS. What the answers do not know is 404. */
export async function apiServer(answer: (request: ApiRequest) => ApiAnswer | undefined): Promise<ApiServer> {
  const key = await generateKey();
  const ca = selfSignedCertificate(key, { commonName: 'kubernetes', organizations: [] }, { ips: ['10.0.0.1'] });
  const requests: ApiRequest[] = [];
  const options = { key: key.privatePem, cert: ca, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, async (incoming, outgoing) => {
    const body = await textOf(incoming);
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      body: body === '' ? undefined : JSON.parse(body),
      contentType: incoming.headers['content-type'],
      user: (incoming.socket as TLSSocket).getPeerCertificate().subject?.CN as string | undefined,
      authorization: incoming.headers.authorization,
      impersonation: incoming.rawHeaders.flatMap((name, i, all) =>
        i % 2 === 0 && /^impersonate-/i.test(name) ? [`${name}: ${all[i + 1]}`] : [],
      ),
    };
    requests.push(request);
    const found = answer(request) ?? 404;
    const { status, body: content } = toAnswer(found);
    const text = isWatch(found)
      ? found.events.map((event) => `${JSON.stringify(event)}\n`).join('')
      : JSON.stringify(content);
    outgoing.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
  });
  const connect = async () => {
    const [ours, theirs] = duplexPair();
    server.emit('connection', theirs);
    return ours;
  };
  return { server: 'https://10.0.0.1:6443', ca, connect, requests };
}

function isWatch(answer: ApiAnswer): answer is { readonly events: readonly object[] } {
  return typeof answer === 'object' && 'events' in answer;
}

function toAnswer(answer: ApiAnswer): { status: number; body: unknown } {
  if (typeof answer === 'number') return { status: answer, body: { kind: 'Status', message: `status ${answer}` } };
  return 'status' in answer && typeof answer.status === 'number' && 'body' in answer
    ? { status: answer.status, body: answer.body }
    : { status: 200, body: answer };
}
