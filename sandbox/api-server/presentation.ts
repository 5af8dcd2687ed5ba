import type { Registry } from './registry.ts';
import { groupVersion, type KubeObject, type Resource } from './resources.ts';
import { badRequest } from './status.ts';
import { objectTable } from './tables.ts';

/** How a client wants to see objects. */
export interface View {
  readonly resource: Resource;
  readonly version: string;
  readonly asTable: boolean;
  /** Milliseconds since 1970, for ages. */
  readonly now: number;
}

/** The object with its apiVersion and kind, or as a table of one row. */
export function showObject({ resource, version, asTable, now }: View, object: KubeObject): object {
  if (asTable) return objectTable(resource, [object], { resourceVersion: object.metadata.resourceVersion }, now);
  return { kind: resource.kind, apiVersion: groupVersion(resource.group, version), ...object };
}

/** A list, or the page of it that `limit` and `continue` ask for. @throws ApiFailure 400 */
export function showList(
  view: View,
  objects: readonly KubeObject[],
  query: URLSearchParams,
  { revision }: Registry,
): object {
  const { resource, version, asTable, now } = view;
  const { items, ...paging } = page(objects, query);
  const metadata = { resourceVersion: String(revision), ...paging };
  if (asTable) return objectTable(resource, items, metadata, now);
  return {
    kind: `${resource.kind}List`,
    apiVersion: groupVersion(resource.group, version),
    metadata,
    // Only objects of a CustomResourceDefinition say in a list what they are.
    items: resource.custom ? items.map((item) => showObject(view, item)) : items,
  };
}

/** Pods and namespaces answer with what was deleted, all else with a Status. */
export function showDeleted(view: View, object: KubeObject): object {
  const { plural, group } = view.resource;
  if (['pods', 'namespaces'].includes(plural)) return showObject(view, object);
  const { name, uid } = object.metadata;
  const details = { name, ...(group && { group }), kind: plural, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

/** Each page shows the objects that exist when it is requested. */
function page(
  objects: readonly KubeObject[],
  query: URLSearchParams,
): { items: readonly KubeObject[]; continue?: string; remainingItemCount?: number } {
  const limit = query.get('limit') ?? '0';
  if (!/^\d+$/.test(limit)) throw badRequest(`strconv.ParseInt: parsing "${limit}": invalid syntax`);
  const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
  const last = Buffer.from(query.get('continue') ?? '', 'base64url').toString('utf8');
  const left = last ? objects.filter((object) => keyOf(object) > last) : objects;
  const items = Number(limit) > 0 ? left.slice(0, Number(limit)) : left;
  const end = items.at(-1);
  if (!end || items.length === left.length) return { items };
  const remainingItemCount = left.length - items.length;
  return { items, continue: Buffer.from(keyOf(end)).toString('base64url'), remainingItemCount };
}
