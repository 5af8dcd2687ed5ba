import { badRequest, methodNotAllowed } from './status.ts';

type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** A request for objects of the API. */
export interface ResourceRequest {
  readonly verb: Verb;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly subresource: string;
  /** A Namespace is in itself, as Kubernetes sees it. Empty for none. */
  readonly namespace: string;
  /** Of a list too, if a fieldSelector asks for one name. Empty for none. */
  readonly name: string;
  /** The node whose pods a fieldSelector asks for. Empty for none. */
  readonly nodeName: string;
  /** True if the path itself names the object. */
  readonly named: boolean;
}

/** A request for anything else: `/version`. */
export interface PathRequest {
  readonly verb: string;
  readonly path: string;
}

const VERBS: Readonly<Record<string, Verb>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** Of a path that names no object. */
const COLLECTION_VERBS: Readonly<Record<string, Verb>> = { ...VERBS, GET: 'list', DELETE: 'deletecollection' };
/** What comes behind a Namespace's name and is the Namespace's own. */
const OF_NAMESPACE = ['status', 'finalize'];

/** Reads method and path as Kubernetes does (its RequestInfo), whether or not such a resource is served. */
export function route(method: string, url: URL): ResourceRequest | PathRequest {
  const path = url.pathname;
  const parts = decoded(path);
  const [api, ...behind] = parts;
  const [group, version, ...rest] = api === 'api' ? ['', ...behind] : behind;
  if ((api !== 'api' && api !== 'apis') || group === undefined || version === undefined || rest.length === 0)
    return { verb: method.toLowerCase(), path };
  const { plural, namespace, name, subresource } = resourcePath(rest);
  const named = name !== '';
  const verb = (named ? VERBS : COLLECTION_VERBS)[method];
  if (!verb) throw methodNotAllowed();
  const isWatch = ['1', 'true'].includes(url.searchParams.get('watch') ?? '');
  const watched = verb === 'list' && isWatch ? 'watch' : verb;
  const selector = url.searchParams.get('fieldSelector') ?? '';
  const asked = named ? name : selectedValue(selector, 'metadata.name');
  const nodeName = selectedValue(selector, 'spec.nodeName');
  return { verb: watched, group, version, plural, subresource, namespace, name: asked, nodeName, named };
}

function decoded(path: string): string[] {
  try {
    return path.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    throw badRequest(`the path ${path} cannot be decoded`);
  }
}

function resourcePath(parts: readonly string[]): {
  plural: string;
  namespace: string;
  name: string;
  subresource: string;
} {
  const [first = '', second = '', third = '', ...more] = parts;
  if (first !== 'namespaces' || second === '' || third === '' || OF_NAMESPACE.includes(third)) {
    const namespace = first === 'namespaces' ? second : '';
    return { plural: first, namespace, name: second, subresource: third };
  }
  const [name = '', subresource = ''] = more;
  return { plural: third, namespace: second, name, subresource };
}

/** The one value that a fieldSelector allows for a field; empty if it allows others. */
function selectedValue(fieldSelector: string, field: string): string {
  const requirements = fieldSelector.split(',').map((part) => /^([^=!]+)==?([^=!]+)$/.exec(part));
  return requirements.find((found) => found?.[1] === field)?.[2] ?? '';
}
