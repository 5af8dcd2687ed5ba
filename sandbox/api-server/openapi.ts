import { groupVersion, type Resource, servedVersions } from './resources.ts';
import { DEFINITIONS, type Definition, definitionName, REFERENCE } from './schema/index.ts';

/** What kubectl asks before it sends a body: may the server be told to look at unknown fields, or not to keep anything? */
const parameters = (minor: number): string[] =>
  minor < FIRST_FIELD_VALIDATION ? ['dryRun', 'fieldManager'] : ['dryRun', 'fieldManager', 'fieldValidation'];
/** Kubernetes has them since then. Source: CHANGELOG-1.23, OpenAPI v3 (beta in 1.24). */
const FIRST_V3 = 24;
/** Source: CHANGELOG-1.25, server side field validation is beta. */
const FIRST_FIELD_VALIDATION = 25;
const SCHEMAS = '#/components/schemas/';

/**
 * The OpenAPI documents of what is served: /openapi/v2, and those below /openapi/v3. Undefined if there is no such document.
 * @param minor of Kubernetes
 */
export function openApi(path: string, minor: number, resources: readonly Resource[]): object | undefined {
  if (path === '/openapi/v2') return v2(minor, resources);
  if (minor < FIRST_V3) return undefined;
  const roots = Map.groupBy(served(minor, resources), ({ root }) => root);
  if (path === '/openapi/v3') {
    const entries = [...roots.keys()].map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}` }]);
    return { paths: Object.fromEntries(entries) };
  }
  const found = roots.get(path.replace(/^\/openapi\/v3\//, ''));
  return found && v3(found);
}

/** A version of a resource. */
interface Served {
  readonly resource: Resource;
  readonly version: string;
  /** `apis/apps/v1` */
  readonly root: string;
  /** Of Kubernetes. */
  readonly minor: number;
}

function served(minor: number, resources: readonly Resource[]): Served[] {
  return resources.flatMap((resource) =>
    servedVersions(resource, minor).map((version) => ({ resource, version, root: rootOf(resource, version), minor })),
  );
}

function rootOf({ group }: Resource, version: string): string {
  return `${group ? 'apis' : 'api'}/${groupVersion(group, version)}`;
}

function kindOf({ resource: { group, kind }, version }: Served): { group: string; kind: string; version: string } {
  return { group, kind, version };
}

function v2(minor: number, resources: readonly Resource[]): object {
  const all = served(minor, resources);
  return {
    swagger: '2.0',
    info: { title: 'edgeadm sandbox', version: `v1.${minor}` },
    paths: Object.assign({}, ...all.map((one) => paths(one, v2Operation))),
    definitions: withoutOpenParts(definitions(all)) as object,
  };
}

function v3(all: readonly Served[]): object {
  const schemas = JSON.parse(JSON.stringify(definitions(all)).replaceAll(`"$ref":"${REFERENCE}`, `"$ref":"${SCHEMAS}`));
  return {
    openapi: '3.0.0',
    info: { title: 'edgeadm sandbox', version: all[0]?.version },
    paths: Object.assign({}, ...all.map((one) => paths(one, v3Operation))),
    components: { schemas },
  };
}

const OPEN_PARTS = ['properties', 'items'];

/**
 * An object of any fields has no parts in v2: kubectl before 1.25 would refuse fields that its schema does not name.
 * What may be null has no type there either.
 */
function withoutOpenParts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOpenParts);
  if (typeof value !== 'object' || value === null) return value;
  const { 'x-kubernetes-preserve-unknown-fields': open, nullable } = value as Record<string, unknown>;
  const left = [
    ...(open === true ? OPEN_PARTS : []),
    ...(nullable === true ? [...OPEN_PARTS, 'nullable', 'type'] : []),
  ];
  const kept = Object.entries(value).filter(([key]) => !left.includes(key));
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutOpenParts(each)]));
}

/** The kinds, and whatever they are made of. */
function definitions(all: readonly Served[]): Record<string, object> {
  const found: Record<string, object> = {};
  const custom = new Map(
    all.map(({ resource, version }) => [definitionName(resource, version), resource.defined?.schema]),
  );
  const take = (name: string): void => {
    const { numbers, pointers, ...schema } = custom.get(name) ?? DEFINITIONS[name] ?? ({} as Definition);
    if (found[name]) return;
    const kinds = all.filter(({ resource, version }) => definitionName(resource, version) === name).map(kindOf);
    found[name] = { ...schema, ...(kinds.length > 0 && { 'x-kubernetes-group-version-kind': kinds }) };
    for (const [, part = ''] of JSON.stringify(schema).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)) take(part);
  };
  for (const { resource, version } of all) take(definitionName(resource, version));
  return found;
}

type Describe = (one: Served, action: string) => object;

function paths(one: Served, describe: Describe): Record<string, object> {
  const { namespaced, plural, isReview } = one.resource;
  const list = `/${one.root}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}`;
  const of = (...actions: string[]): object =>
    Object.fromEntries(actions.map((action) => [action, describe(one, action)]));
  if (isReview) return { [`${list}`]: of('post') };
  return { [list]: of('get', 'post', 'delete'), [`${list}/{name}`]: of('get', 'put', 'patch', 'delete') };
}

function v2Operation(one: Served, action: string): object {
  const schema = { $ref: `${REFERENCE}${definitionName(one.resource, one.version)}` };
  const query = parameters(one.minor).map((name) => ({ in: 'query', name, type: 'string', uniqueItems: true }));
  const body = { in: 'body', name: 'body', required: true, schema };
  return {
    ...described(one, action),
    parameters: action === 'get' ? [] : action === 'delete' ? query : [...query, body],
    responses: { 200: { description: 'OK', schema } },
  };
}

function v3Operation(one: Served, action: string): object {
  const schema = { $ref: `${SCHEMAS}${definitionName(one.resource, one.version)}` };
  const query = parameters(one.minor).map((name) => ({
    in: 'query',
    name,
    schema: { type: 'string', uniqueItems: true },
  }));
  const content = { 'application/json': { schema } };
  return {
    ...described(one, action),
    ...(action !== 'get' && { parameters: query }),
    ...(['post', 'put', 'patch'].includes(action) && { requestBody: { required: true, content } }),
    responses: { 200: { description: 'OK', content } },
  };
}

function described(one: Served, action: string): object {
  const actions: Readonly<Record<string, string>> = { post: 'post', put: 'put', patch: 'patch', delete: 'delete' };
  return {
    tags: [one.root.replace(/^apis?\//, '').replace('/', '_')],
    'x-kubernetes-action': actions[action] ?? 'get',
    'x-kubernetes-group-version-kind': kindOf(one),
  };
}
