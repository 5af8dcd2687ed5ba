import { localTlsAgent, MAX_RESPONSE_BYTES, sendRequest } from '../http/index.ts';
import type { CloudCall, CloudResponse, CloudTransport } from './call.ts';
import type { CloudCredential } from './credentials.ts';
import { signedHeaders } from './signature.ts';

export interface CloudTransportOptions {
  /** `host[:port]`. */
  readonly endpoint: string;
  readonly version: string;
  readonly style: 'RPC' | 'ROA';
  readonly credential: CloudCredential;
  /** PEM; default: the CAs that Node trusts. */
  readonly ca?: string;
  /** Where to connect, whatever the endpoint. */
  readonly address?: { readonly host: string; readonly port: number };
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Signed requests; those that can be sent again go over one kept connection.
 *
 * The vendor's generic client is not used for this: its HTTP library reads answers of any size, has no total time limit
 * (its limit for the connection is the longest silence of the socket), cannot be aborted, and never ends if a
 * server switches protocols.
 */
export function cloudTransport(options: CloudTransportOptions): CloudTransport {
  const { endpoint, credential, ca, address } = options;
  const kept = localTlsAgent({ ca, address, keepAlive: true });
  const single = localTlsAgent({ ca, address, keepAlive: false });
  return {
    endpoint,
    send: async (call, { timeoutMs, signal, onNewConnection }) => {
      const { path, query, method, headers, body } = unsigned(call, options);
      const url = new URL(`https://${endpoint}${path}?${new URLSearchParams(query)}`);
      const signed = await signedHeaders({ method, path, query, headers, body }, await credential());
      const limits = { maxBytes: MAX_RESPONSE_BYTES.cloud, totalMs: timeoutMs, connectMs: CONNECT_TIMEOUT_MS };
      const agent = onNewConnection ? single : kept;
      const answer = await sendRequest({ url, method, headers: signed, body, agent, limits, signal });
      return { status: answer.status, ...parsed(answer.text) };
    },
  };
}

function unsigned(call: CloudCall, { endpoint, version, style }: CloudTransportOptions) {
  const isRpc = style === 'RPC';
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  return {
    path: call.path ?? '/',
    query: given(call.parameters),
    method: isRpc ? 'POST' : (call.method ?? 'GET'),
    body,
    headers: {
      host: endpoint,
      accept: 'application/json',
      'user-agent': 'edgeadm',
      'x-acs-version': version,
      'x-acs-action': call.action,
      ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    },
  };
}

function given(parameters: CloudCall['parameters'] = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Some answers of ROA services are empty, some are lists. */
function parsed(text: string): Pick<CloudResponse, 'body' | 'text'> {
  if (text === '') return { body: undefined };
  try {
    return { body: JSON.parse(text) as unknown };
  } catch {
    return { body: undefined, text };
  }
}
