import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { isLoopbackHost } from '../loopback.ts';
import { knownKeys } from './account.ts';
import { type CloudTls, tlsOf } from './certificates.ts';
import { answerWith, type WireAnswer } from './fault-answers.ts';
import { consumeFault } from './faults.ts';
import { type CloudPlace, isVendorHost, placeAt, type SandboxProduct } from './hosts.ts';
import { type CloudAnswer, CloudFailure, type CloudParts, type CloudRequest, type CloudService } from './service.ts';
import { type SignedRequest, signatureChecker } from './signature.ts';

export interface CloudOptions {
  readonly parts: CloudParts;
  /** As a function if they are loaded when the first request comes. */
  readonly services: readonly CloudService[] | (() => Promise<readonly CloudService[]>);
  /** 0 for any that is free. */
  readonly port: number;
  readonly tls: CloudTls;
  /** What the address itself leads to, without the name of an endpoint; default: everything. */
  readonly products?: readonly SandboxProduct[];
}

export interface Cloud {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The front of the emulated cloud: TLS on 127.0.0.1, signatures, faults, and the service that each request is for. The
 * name in the request chooses the API and its region, as in the world: `ens.aliyuncs.com`, `cs.cn-hangzhou.aliyuncs.com`.
 */
export async function startCloud({ parts, services, port, tls, products }: CloudOptions): Promise<Cloud> {
  const check = signatureChecker(knownKeys(parts.store), parts.now);
  const server = createServer(tlsOf(tls), (incoming, outgoing) => {
    void answer(incoming, outgoing, { parts, services, products, check }).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Front {
  readonly parts: CloudParts;
  readonly services: CloudOptions['services'];
  readonly products: CloudOptions['products'];
  readonly check: (request: SignedRequest) => void;
}

/** A request on its way to a service, and how that service words its errors. */
interface RoutedRequest {
  readonly service: CloudService;
  readonly request: CloudRequest;
  readonly isRpc: boolean;
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse, front: Front): Promise<void> {
  const requestId = randomUUID().toUpperCase();
  const send = ({ status, headers, text }: WireAnswer): void => {
    outgoing.writeHead(status, { ...headers, 'x-acs-request-id': requestId });
    outgoing.end(text);
  };
  const host = incoming.headers.host ?? '';
  let bearer = false;
  try {
    const place = placeOf(host);
    const signed = await signedRequest(incoming);
    const routed = serviceFor(signed, await servicesOf(front, place), place);
    const { service, request } = routed;
    bearer = service.authentication === 'bearer';
    refuseOtherVersion(service, request);
    refuseOtherRegion(routed);
    if (!bearer) front.check(signed);
    const fault = consumeFault(front.parts.store, request.action);
    const answered = await answerWith(fault, () => answerOfService(routed, requestId));
    if (answered) send(answered);
    else outgoing.destroy();
  } catch (thrown) {
    const { status, code, message } = failureOf(thrown);
    if (bearer) send(wireAnswer(status, { code, message }));
    else send(wireAnswer(status, { RequestId: requestId, HostId: host, Code: code, Message: message }));
  }
}

async function answerOfService({ service, request, isRpc }: RoutedRequest, requestId: string): Promise<WireAnswer> {
  try {
    const body = await service.handle(request);
    return wireAnswer(200, isRpc && typeof body === 'object' ? { RequestId: requestId, ...body } : body);
  } catch (thrown) {
    if (!service.ownErrors || !(thrown instanceof CloudFailure)) throw thrown;
    const { status, code, message } = thrown;
    return wireAnswer(status, { code, message, requestId, status });
  }
}

function wireAnswer(status: number, body: CloudAnswer): WireAnswer {
  if (typeof body === 'string') return { status, headers: { 'Content-Type': 'text/plain;charset=utf-8' }, text: body };
  return { status, headers: { 'Content-Type': 'application/json;charset=utf-8' }, text: JSON.stringify(body) };
}

function failureOf(thrown: unknown): CloudFailure {
  if (thrown instanceof CloudFailure) return thrown;
  return new CloudFailure(500, 'InternalError', 'The request processing has failed due to some unknown error.');
}

async function signedRequest(incoming: IncomingMessage): Promise<SignedRequest> {
  const [rawPath = '/', rawQuery = ''] = (incoming.url ?? '/').split(/\?(.*)/s);
  const body = await readBody(incoming);
  const isForm = incoming.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  return {
    method: incoming.method ?? 'GET',
    rawPath,
    query: new Map(new URLSearchParams(rawQuery)),
    form: new Map(new URLSearchParams(isForm ? body.toString() : '')),
    headers: incoming.headers as Record<string, string | undefined>,
    body,
  };
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw new CloudFailure(413, 'RequestEntityTooLarge', 'The request is too large.');
  }
  return Buffer.concat(chunks);
}

/** @throws CloudFailure for a name that is neither an address of this machine nor an endpoint of the vendor */
function placeOf(host: string): CloudPlace | undefined {
  if (isLoopbackHost(host)) return undefined;
  const name = host.replace(/:\d+$/, '');
  const place = placeAt(name);
  if (place) return place;
  if (isVendorHost(name))
    throw new CloudFailure(404, 'InvalidProduct.NotFound', 'Cannot find product according to your specified domain.');
  throw new CloudFailure(
    421,
    'InvalidHost',
    'The sandbox answers to 127.0.0.1, localhost and endpoints of the vendor.',
  );
}

async function servicesOf({ services, products }: Front, place: CloudPlace | undefined): Promise<CloudService[]> {
  const all = typeof services === 'function' ? await services() : services;
  const here = place ? [place.product] : products;
  return all.filter(({ product }) => here === undefined || here.includes(product));
}

function serviceFor(
  signed: SignedRequest,
  services: readonly CloudService[],
  place: CloudPlace | undefined,
): RoutedRequest {
  const { method, headers, query, form } = signed;
  const path = decoded(signed.rawPath);
  const isRpc = path === '/';
  const parameters = Object.fromEntries([...query, ...form]);
  // Signature V3 moves what is common to all calls into headers.
  const named = headers['x-acs-action'];
  if (isRpc && named) parameters.Action ??= named;
  if (isRpc && !parameters.Action)
    throw new CloudFailure(400, 'MissingParameter', 'The input parameter "Action" that is mandatory is not supplied.');
  const asked = headers['x-acs-version'] ?? parameters.Version;
  const able = services.filter((each) => each.actionOf(method, path, parameters) !== undefined);
  // Products have actions of the same name; where an address is for all, their versions tell them apart.
  const service = able.find(({ version }) => version === asked) ?? able[0];
  if (service) {
    const action = service.actionOf(method, path, parameters) ?? '';
    const body = isRpc ? undefined : jsonOf(signed);
    return { service, isRpc, request: { method, path, action, parameters, body, headers, place } };
  }
  throw new CloudFailure(
    404,
    'InvalidAction.NotFound',
    'Specified api is not found, please check your url and method.',
  );
}

/** @throws CloudFailure MissingVersion, InvalidVersion */
function refuseOtherVersion({ version }: CloudService, { parameters, headers }: CloudRequest): void {
  const asked = headers['x-acs-version'] ?? parameters.Version;
  if (version === undefined || asked === version) return;
  if (!asked) throw new CloudFailure(400, 'MissingVersion', 'Version is mandatory for this action.');
  throw new CloudFailure(400, 'InvalidVersion', 'Specified parameter Version is not valid.');
}

/** @throws CloudFailure InvalidOperation.NotSupportedEndpoint: RPC requests name their region */
function refuseOtherRegion({ isRpc, request: { place, parameters } }: RoutedRequest): void {
  const { RegionId: region } = parameters;
  if (!isRpc || !region || !place || place.serves(region)) return;
  const message =
    'The specified endpoint cant operate this region. Please use API DescribeRegions to get the appropriate endpoint.';
  throw new CloudFailure(404, 'InvalidOperation.NotSupportedEndpoint', message);
}

function decoded(rawPath: string): string {
  try {
    return decodeURIComponent(rawPath);
  } catch {
    throw new CloudFailure(400, 'InvalidParameter', 'The path is not correctly encoded.');
  }
}

function jsonOf({ body, form }: SignedRequest): unknown {
  if (body.length === 0 || form.size > 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new CloudFailure(400, 'InvalidParameter.Format', 'Specified parameter format is not valid.');
  }
}
