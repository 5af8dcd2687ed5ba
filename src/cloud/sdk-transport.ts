import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { EdgeadmError } from '../errors/index.ts';
import type { CloudCall, CloudResponse, CloudTransport } from './caller.ts';
import type { CloudCredential } from './credentials.ts';

export interface SdkTransportOptions {
  /** `host[:port]`. */
  readonly endpoint: string;
  readonly region: string;
  readonly version: string;
  readonly style: 'RPC' | 'ROA';
  readonly credential: CloudCredential;
  /** PEM; default: the CAs that Node trusts. */
  readonly ca?: string;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Requests of the vendor's generic client, which signs them (ACS3-HMAC-SHA256).
 *
 * Its time limit for the connection is the longest silence of the socket (measured: with connectTimeout 1 s and
 * readTimeout 5 s, an answer after 2 s is given up after 1 s), which would cut off every slow order. So it gets the limit
 * of the whole call, and the way to the endpoint is tried by a connection of our own, before the first call and after
 * every failure.
 */
export async function sdkTransport(options: SdkTransportOptions): Promise<CloudTransport> {
  const { endpoint, region, version, style, credential, ca } = options;
  const { default: sdk } = await import('@alicloud/openapi-client');
  let reachable = false;
  const send = async (call: CloudCall, timeoutMs: number): Promise<CloudResponse> => {
    if (!reachable) await reach(endpoint, ca);
    reachable = true;
    const client = new sdk.default(
      new sdk.Config({ ...(await credential()), endpoint, regionId: region, ca, protocol: 'HTTPS' }),
    );
    const runtime = { autoretry: false, connectTimeout: timeoutMs, readTimeout: timeoutMs };
    const answer = await client.callApi(
      new sdk.Params(paramsOf(call, { version, style })),
      new sdk.OpenApiRequest({ query: given(call.parameters), body: call.body }),
      runtime as Parameters<typeof client.callApi>[2],
    );
    return { status: Number(answer.statusCode), body: parsed(answer.body) };
  };
  return {
    endpoint,
    send: (call, { timeoutMs }) =>
      send(call, timeoutMs).catch((error: unknown) => {
        const answered = answerOf(error);
        if (answered) return answered;
        reachable = false;
        const late = (error as Error).name.includes('Timeout');
        throw late ? new Error(`no answer within ${timeoutMs / 1000} s`) : error;
      }),
  };
}

function paramsOf(call: CloudCall, { version, style }: Pick<SdkTransportOptions, 'version' | 'style'>) {
  const rpc = style === 'RPC';
  return {
    action: call.action,
    version,
    protocol: 'HTTPS',
    pathname: call.path ?? '/',
    method: rpc ? 'POST' : (call.method ?? 'GET'),
    authType: 'AK',
    style,
    reqBodyType: rpc ? 'formData' : 'json',
    bodyType: 'string',
  };
}

function given(parameters: CloudCall['parameters'] = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Some answers of ROA services are empty, some are lists: the SDK's own parser takes neither. */
function parsed(text: unknown): unknown {
  return typeof text === 'string' && text !== '' ? JSON.parse(text) : undefined;
}

/** The SDK throws what the cloud answered with a status of 400 and above. */
function answerOf(error: unknown): CloudResponse | undefined {
  const { data } = error as { data?: { statusCode?: unknown } };
  return typeof data?.statusCode === 'number' ? { status: data.statusCode, body: data } : undefined;
}

/** @throws EdgeadmError CLOUD_UNREACHABLE */
async function reach(endpoint: string, ca: string | undefined): Promise<void> {
  const { hostname, port } = new URL(`https://${endpoint}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  let socket: TLSSocket | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const servername = isIP(host) ? undefined : host;
      socket = connect({ host, port: Number(port || 443), ca, servername }, resolve);
      socket.once('error', reject);
      socket.setTimeout(CONNECT_TIMEOUT_MS, () =>
        reject(new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`)),
      );
    });
  } catch (error) {
    const what = `${endpoint} cannot be reached`;
    throw new EdgeadmError({ code: 'CLOUD_UNREACHABLE', what, why: (error as Error).message, cause: error });
  } finally {
    socket?.destroy();
  }
}
