import type { IncomingMessage, ServerResponse } from 'node:http';
import { minorOf } from '../../src/kubernetes/version.ts';
import { isLoopbackHost } from '../loopback.ts';
import { authenticate, type User } from './authentication.ts';
import { authorize, authorizePod } from './authorization.ts';
import { type Body, parseBody, readRequestBody } from './body.ts';
import { decode } from './decode.ts';
import { discover } from './discovery.ts';
import { impersonated } from './impersonation.ts';
import { listPage } from './list.ts';
import { checkListOptions } from './list-options.ts';
import { encodeOpenApi, OPENAPI_PROTOBUF_TYPE, wantsOpenApiProtobuf } from './openapi-protobuf.ts';
import type { Operation } from './operation.ts';
import * as operations from './operations.ts';
import { APPLY_PATCH } from './patch.ts';
import { formOf, showDeleted, showList, showObject, type View } from './presentation.ts';
import { builtIn, RESOURCES, type Resource, servedVersions } from './resources.ts';
import { review } from './reviews.ts';
import { type ResourceRequest, route } from './router.ts';
import type { Server } from './server.ts';
import { ApiFailure, methodNotAllowed, noContainers, noSuchResource } from './status.ts';
import { requestToken } from './token-requests.ts';
import { streamWatch } from './watch-stream.ts';

/** A text is sent as it is; a stream sends itself. */
type Answer = { readonly code: number; readonly body: object | string } | ((response: ServerResponse) => void);

const NO_PAGE = { code: 404, body: '404 page not found\n' };

/** Answers one request; errors become Status objects. */
export async function serve(server: Server, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (!isLoopbackHost(request.headers.host))
      throw new ApiFailure(421, undefined, 'the sandbox answers to 127.0.0.1 and localhost only');
    const body = await readRequestBody(request);
    const warnings: string[] = [];
    const answer = answerTo(server, request, body, warnings);
    // Kubernetes warns since 1.25, with the field validation on the server.
    if (warnings.length > 0 && minorOf(server.version) >= 25) response.setHeader('Warning', warnings.map(warning));
    if (typeof answer === 'function') answer(response);
    else if (wantsOpenApiProtobuf(request.headers.accept) && isOpenApi(answer.body))
      sendBytes(response, 200, OPENAPI_PROTOBUF_TYPE, await encodeOpenApi(answer.body));
    else send(response, answer.code, answer.body);
  } catch (error) {
    const failure =
      error instanceof ApiFailure ? error : new ApiFailure(500, 'InternalError', `Internal error occurred: ${error}`);
    if (response.headersSent) response.destroy();
    else send(response, failure.code, failure.toStatus());
  }
}

function answerTo(server: Server, request: IncomingMessage, body: Buffer, warnings: string[]): Answer {
  const url = new URL(request.url ?? '/', 'https://sandbox');
  const wanted = route(request.method ?? 'GET', url);
  const signedIn = authenticate(request, server.registry, server.pki, server.now());
  const user = impersonated(signedIn, request.headers, server);
  authorize(user, wanted, server);
  if ('path' in wanted) {
    const found =
      wanted.verb === 'get'
        ? discover(wanted.path, {
            host: request.headers.host ?? '',
            version: server.version,
            resources: server.served.all,
          })
        : undefined;
    return found === undefined ? NO_PAGE : { code: 200, body: found };
  }
  const resource = server.served.all.find(
    (one) =>
      one.plural === wanted.plural &&
      one.group === wanted.group &&
      servedVersions(one, minorOf(server.version)).includes(wanted.version),
  );
  if (!resource) return noResource(wanted);
  checkPath(wanted, resource);
  if (resource.defined?.warning) warnings.push(resource.defined.warning);
  if (builtIn(resource) === 'pods' && wanted.verb === 'get' && wanted.subresource === '')
    authorizePod(
      user,
      wanted,
      server.registry.get(resource, wanted.name, wanted.namespace)?.spec?.nodeName,
      server.version,
    );
  const parsed = parseBody(request, body, wanted.verb, resource);
  const operation = toOperation(server, user, wanted, resource, url.searchParams, parsed);
  return perform(server, request, { ...operation, warnings, userAgent: request.headers['user-agent'] ?? '' }, wanted);
}

function toOperation(
  { registry, served, version: gitVersion }: Server,
  user: User,
  { version, subresource, namespace, name, named }: ResourceRequest,
  resource: Resource,
  query: URLSearchParams,
  { content, contentType }: Body,
): Omit<Operation, 'warnings' | 'userAgent'> {
  const own = resource.namespaced ? namespace : '';
  return {
    registry,
    user,
    resource,
    resources: served.all,
    version,
    minor: minorOf(gitVersion),
    subresource,
    namespace: own,
    name: named ? name : '',
    query,
    body: content,
    contentType,
  };
}

function perform(server: Server, request: IncomingMessage, operation: Operation, { verb }: ResourceRequest): Answer {
  const { resource, version, minor, query, subresource } = operation;
  const included = query.get('includeObject') ?? 'Metadata';
  const view: View = { resource, version, minor, as: formOf(request.headers.accept), included, now: server.now() };
  if (verb === 'list' || verb === 'watch') checkListOptions(query, verb === 'watch', minor);
  if (subresource === 'eviction') return { code: 201, body: operations.evict(operation) };
  if (subresource === 'token') return { code: 201, body: requestToken(operation, server) };
  if (subresource === 'scale') return { code: 200, body: operations.scale(operation, verb) };
  if (resource.isReview)
    return {
      code: 201,
      body: showObject(
        view,
        review(resource, decode(operation), {
          user: operation.user,
          registry: server.registry,
          version: server.version,
        }),
      ),
    };
  switch (verb) {
    case 'get':
      return { code: 200, body: showObject(view, operations.read(operation)) };
    case 'list':
      return { code: 200, body: listAnswer(server, operation, view) };
    case 'watch':
      return (response) => streamWatch(server, operation, view, response);
    case 'create':
      return { code: 201, body: showObject(view, operations.create(operation)) };
    case 'update':
      if (operations.isCreation(operation)) return { code: 201, body: showObject(view, operations.create(operation)) };
      return { code: 200, body: showObject(view, operations.update(operation)) };
    case 'patch':
      if (operation.contentType === APPLY_PATCH)
        return {
          code: operations.isCreation(operation) ? 201 : 200,
          body: showObject(view, operations.apply(operation)),
        };
      return { code: 200, body: showObject(view, operations.patch(operation)) };
    case 'delete':
      return { code: 200, body: showDeleted(view, operations.remove(operation)) };
    case 'deletecollection':
      return {
        code: 200,
        body: showList(view, operations.removeAll(operation), { resourceVersion: String(server.registry.revision) }),
      };
  }
}

function listAnswer(server: Server, operation: Operation, view: View): object {
  const { items, paging } = listPage(server, operation);
  return showList(view, items, paging);
}

/** Kubernetes answers with a Status inside a group that it has built in, and with a page elsewhere. */
function noResource({ group, version }: ResourceRequest): Answer {
  const isBuiltIn = RESOURCES.some((one) => one.group === group && one.versions.includes(version) && !one.custom);
  if (isBuiltIn) throw noSuchResource();
  return NO_PAGE;
}

/** What is asked of the containers of a pod. */
const OF_CONTAINERS = ['log', 'exec', 'attach', 'portforward', 'proxy'];

/** A method may be for another kind of path. */
function checkPath({ verb, named, subresource, namespace }: ResourceRequest, resource: Resource): void {
  if (resource.isReview && (verb !== 'create' || subresource)) throw methodNotAllowed();
  if (builtIn(resource) === 'pods' && OF_CONTAINERS.includes(subresource)) throw noContainers();
  if (subresource && !resource.subresources.includes(subresource)) throw noSuchResource();
  const isOfOne = ['get', 'update', 'patch', 'delete'].includes(verb);
  const isAsked = ['eviction', 'token'].includes(subresource);
  const mayBeCreated = isAsked || (!named && (!resource.namespaced || namespace !== ''));
  const fits = isOfOne ? named && !isAsked : verb === 'create' ? mayBeCreated : !named;
  if (!fits) throw methodNotAllowed();
}

function send(response: ServerResponse, code: number, body: object | string): void {
  const isText = typeof body === 'string';
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json';
  sendBytes(response, code, type, Buffer.from(isText ? body : `${JSON.stringify(body)}\n`));
}

function sendBytes(response: ServerResponse, code: number, type: string, bytes: Buffer): void {
  response.writeHead(code, { 'Content-Type': type, 'Content-Length': bytes.length }).end(bytes);
}

/** RFC 7234, 5.5. Node.js writes a header byte by byte; Kubernetes writes UTF-8. */
function warning(text: string): string {
  const quoted = text.replace(/\p{Cc}/gu, '').replace(/["\\]/g, '\\$&');
  return `299 - "${Buffer.from(quoted).toString('latin1')}"`;
}

function isOpenApi(body: object | string): body is Record<string, unknown> {
  return typeof body === 'object' && 'swagger' in body;
}
