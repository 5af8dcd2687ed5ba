import type { Operation } from './operation.ts';
import type { Paging } from './presentation.ts';
import type { KubeObject } from './resources.ts';
import { selector } from './selectors.ts';
import type { Server } from './server.ts';
import { ApiFailure, badRequest } from './status.ts';

const TOO_OLD = 'The resourceVersion for the provided list is too old.';
const TOO_OLD_TOKEN =
  'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.';

/** Where a list continues: with what comes behind a key, as of a revision. */
interface Token {
  readonly revision: number;
  readonly start: string;
}

/** The objects that a list selects, or the page of them that `limit` and `continue` name. @throws ApiFailure 400, 410, 504 */
export function listPage(server: Server, operation: Operation): { items: KubeObject[]; paging: Paging } {
  const { query, resource, namespace } = operation;
  const limit = query.get('limit') ?? '0';
  if (!/^\d+$/.test(limit)) throw badRequest(`strconv.ParseInt: parsing "${limit}": invalid syntax`);
  const token = readToken(query.get('continue') ?? '');
  const revision = token?.revision ?? revisionOf(server, query, Number(limit));
  const all = objectsAt(server, operation, revision, token ? TOO_OLD_TOKEN : TOO_OLD);
  const matches = selector(resource, query);
  const own = all.filter((object) => (namespace ? object.metadata.namespace === namespace : true) && matches(object));
  const left = token ? own.filter((object) => keyOf(object) > token.start) : own;
  const items = Number(limit) > 0 ? left.slice(0, Number(limit)) : left;
  const end = items.at(-1);
  const isSelected = query.has('labelSelector') || query.has('fieldSelector');
  const resourceVersion = String(revision ?? server.registry.revision);
  if (!end || items.length === left.length) return { items, paging: { resourceVersion } };
  const next = writeToken({ revision: Number(resourceVersion), start: keyOf(end) });
  const remainingItemCount = isSelected ? undefined : left.length - items.length;
  return { items, paging: { resourceVersion, continue: next, remainingItemCount } };
}

/** The revision that a list must show; undefined for the latest. */
function revisionOf({ registry }: Server, query: URLSearchParams, limit: number): number | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (text === '' || text === '0') return undefined;
  if (!/^\d+$/.test(text))
    throw badRequest(`Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`);
  if (Number(text) > registry.revision) throw tooLarge(Number(text), registry.revision);
  const match = query.get('resourceVersionMatch') ?? '';
  return match === 'Exact' || (match === '' && limit > 0) ? Number(text) : undefined;
}

function objectsAt(
  { registry, watches }: Server,
  { resource }: Operation,
  revision: number | undefined,
  expired: string,
): KubeObject[] {
  if (revision === undefined) return registry.list(resource);
  const found = watches.stateAt(resource, revision);
  if (!found) throw new ApiFailure(410, 'Expired', expired);
  return found.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

function tooLarge(asked: number, current: number): Error {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  return new ApiFailure(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function writeToken({ revision, start }: Token): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url');
}

function readToken(text: string): Token | undefined {
  if (text === '') return undefined;
  try {
    const { rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as { rv: number; start: string };
    if (Number.isInteger(rv) && typeof start === 'string') return { revision: rv, start };
  } catch {
    // The answer is the same.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}
