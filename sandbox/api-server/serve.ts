import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopbackHost } from '../loopback.ts';
import { authenticate, type User } from './authentication.ts';
import { authorize, reviewAccess } from './authorization.ts';
import { discover } from './discovery.ts';
import type { Operation } from './operation.ts';
import * as operations from './operations.ts';
import { showDeleted, showList, showObject, type View } from './presentation.ts';
import { type KubeObject, RESOURCES, type Resource } from './resources.ts';
import { type ResourceRequest, route } from './router.ts';
import type { Server } from './server.ts';
import { ApiFailure, badRequest, methodNotAllowed, noSuchResource, unsupportedMediaType } from './status.ts';
import { wantsTable } from './tables.ts';
import { streamWatch } from './watch-stream.ts';

/** A text is sent as it is; a stream sends itself. */
type Answer = { readonly code: number; readonly body: object | string } | ((response: ServerResponse) => void);

/** What an API server of 1.20 takes at most. */
const LARGEST_BODY = 3 * 1024 * 1024;
const NO_PAGE = { code: 404, body: '404 page not found\n' };

/** Answers one request; errors become Status objects. */
export async function serve(server: Server, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (!isLoopbackHost(request.headers.host))
      throw new ApiFailure(421, undefined, 'the sandbox answers to 127.0.0.1 and localhost only');
    const body = await readBody(request);
    const answer = answerTo(server, request, body);
    if (typeof answer === 'function') answer(response);
    else send(response, answer.code, answer.body);
  } catch (error) {
    const failure =
      error instanceof ApiFailure ? error : new ApiFailure(500, 'InternalError', `Internal error occurred: ${error}`);
    if (response.headersSent) response.destroy();
    else send(response, failure.code, failure.toStatus());
  }
}

function answerTo(server: Server, request: IncomingMessage, body: string): Answer {
  const url = new URL(request.url ?? '/', 'https://sandbox');
  const wanted = route(request.method ?? 'GET', url);
  const user = authenticate(request, server.registry, server.pki, server.now());
  authorize(user, wanted);
  if ('path' in wanted) {
    const found =
      wanted.verb === 'get'
        ? discover(wanted.path, { host: request.headers.host ?? '', version: server.version })
        : undefined;
    return found === undefined ? NO_PAGE : { code: 200, body: found };
  }
  const resource = RESOURCES.find((one) => one.plural === wanted.plural && one.group === wanted.group);
  if (!resource?.versions.includes(wanted.version)) return noResource(wanted);
  checkPath(wanted, resource);
  const parsed = parse(request, body, wanted, resource);
  return perform(server, request, toOperation(server, user, wanted, resource, url.searchParams, parsed), wanted);
}

function toOperation(
  { registry }: Server,
  user: User,
  { version, subresource, namespace, name, named }: ResourceRequest,
  resource: Resource,
  query: URLSearchParams,
  { body, contentType }: { body: unknown; contentType: string },
): Operation {
  const own = resource.namespaced ? namespace : '';
  return {
    registry,
    user,
    resource,
    version,
    subresource,
    namespace: own,
    name: named ? name : '',
    query,
    body,
    contentType,
  };
}

function perform(server: Server, request: IncomingMessage, operation: Operation, { verb }: ResourceRequest): Answer {
  const { resource, version, query, subresource } = operation;
  const view: View = { resource, version, asTable: wantsTable(request.headers.accept), now: server.now() };
  if (subresource === 'eviction') return { code: 201, body: operations.evict(operation) };
  if (resource.onlyCreated) {
    if (verb !== 'create') throw methodNotAllowed();
    return { code: 201, body: showObject(view, reviewAccess(operation.user, operation.body as KubeObject)) };
  }
  switch (verb) {
    case 'get':
      return { code: 200, body: showObject(view, operations.read(operation)) };
    case 'list':
      return { code: 200, body: showList(view, operations.select(operation), query, server.registry) };
    case 'watch':
      return (response) => streamWatch(server, operation, view, response);
    case 'create':
      return { code: 201, body: showObject(view, operations.create(operation)) };
    case 'update':
      if (operations.isCreation(operation)) return { code: 201, body: showObject(view, operations.create(operation)) };
      return { code: 200, body: showObject(view, operations.update(operation)) };
    case 'patch':
      return { code: 200, body: showObject(view, operations.patch(operation)) };
    case 'delete':
      return { code: 200, body: showDeleted(view, operations.remove(operation)) };
    case 'deletecollection':
      return { code: 200, body: showList(view, operations.removeAll(operation), query, server.registry) };
  }
}

/** Kubernetes answers with a Status inside a group that it has built in, and with a page elsewhere. */
function noResource({ group, version }: ResourceRequest): Answer {
  const isBuiltIn = RESOURCES.some((one) => one.group === group && one.versions.includes(version) && !one.custom);
  if (isBuiltIn) throw noSuchResource();
  return NO_PAGE;
}

/** A method may be for another kind of path. */
function checkPath({ verb, named, subresource, namespace }: ResourceRequest, resource: Resource): void {
  if (subresource && !resource.subresources.includes(subresource)) throw noSuchResource();
  const isOfOne = ['get', 'update', 'patch', 'delete'].includes(verb);
  const mayBeCreated = subresource === 'eviction' || (!named && (!resource.namespaced || namespace !== ''));
  const fits = isOfOne ? named && subresource !== 'eviction' : verb === 'create' ? mayBeCreated : !named;
  if (!fits) throw methodNotAllowed();
}

function parse(
  request: IncomingMessage,
  body: string,
  { verb }: ResourceRequest,
  { kind }: Resource,
): { body: unknown; contentType: string } {
  const contentType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const isWhole = verb === 'create' || verb === 'update';
  if (['get', 'list', 'watch'].includes(verb) || (body === '' && !isWhole)) return { body: undefined, contentType };
  if (isWhole && !['', 'application/json'].includes(contentType)) throw unsupportedMediaType(['application/json']);
  try {
    return { body: JSON.parse(body), contentType };
  } catch (error) {
    const why = (error as Error).message;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why}`,
    );
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    // Read to its end anyway: a client reads no answer while it is still writing.
    if (bytes <= LARGEST_BODY) chunks.push(chunk as Buffer);
  }
  if (bytes > LARGEST_BODY)
    throw new ApiFailure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${LARGEST_BODY}`);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, code: number, body: object | string): void {
  const isText = typeof body === 'string';
  const text = isText ? body : `${JSON.stringify(body)}\n`;
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(code, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }).end(text);
}
