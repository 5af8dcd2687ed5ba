import { fromKept } from './autoscaler-versions.ts';
import { builtIn, groupVersion, type KubeObject, type Resource } from './resources.ts';
import { ApiFailure } from './status.ts';
import { objectTable } from './tables.ts';

/** How a client wants to see objects. */
export interface View {
  readonly resource: Resource;
  readonly version: string;
  /** Of the Kubernetes that this server is. */
  readonly minor: number;
  readonly as: Form;
  /** How much of an object the rows of a table carry (`includeObject`). */
  readonly included: string;
  /** Milliseconds since 1970, for ages. */
  readonly now: number;
}

/** How much a client wants of objects. */
export type Form = 'Object' | 'Table' | 'PartialObjectMetadata';

/** What a list says of itself. */
export interface Paging {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

const META = 'meta.k8s.io/v1';

/** What a client asks for in `Accept`. @throws ApiFailure 406 if it takes nothing that there is */
export function formOf(accept: string | undefined): Form {
  const wanted = (accept ?? '*/*').split(',').map((part) => part.trim().split(/\s*;\s*/));
  for (const [type = '', ...parameters] of wanted) {
    if (!['application/json', 'application/*', '*/*'].includes(type)) continue;
    const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice(3);
    if (as === undefined) return 'Object';
    // Other transformations, as of discovery, are not for objects: the client names what else it takes.
    if (as === 'Table' && parameters.includes('v=v1')) return 'Table';
    if (as.startsWith('PartialObjectMetadata') && parameters.includes('v=v1')) return 'PartialObjectMetadata';
  }
  throw new ApiFailure(406, 'NotAcceptable', '406: Not Acceptable', {});
}

/** The object with its apiVersion and kind, as a table of one row, or its metadata. */
export function showObject(view: View, object: KubeObject): object {
  const { resource, version, as } = view;
  if (as === 'PartialObjectMetadata') return { kind: as, apiVersion: META, metadata: object.metadata };
  if (as === 'Table')
    return objectTable(view, [object], { resourceVersion: object.metadata.resourceVersion }, rowObject(view));
  return {
    kind: resource.kind,
    apiVersion: groupVersion(resource.group, version),
    ...fromKept(resource, version, object),
  };
}

/** A list of objects, as a table, or of their metadata. */
export function showList(view: View, items: readonly KubeObject[], paging: Paging): object {
  const { resource, version, as } = view;
  if (as === 'Table') return objectTable(view, items, paging, rowObject(view));
  const isPartial = as === 'PartialObjectMetadata';
  return {
    kind: isPartial ? `${as}List` : `${resource.kind}List`,
    apiVersion: isPartial ? META : groupVersion(resource.group, version),
    metadata: paging,
    // Only objects of a CustomResourceDefinition say in a list what they are.
    items:
      isPartial || resource.custom
        ? items.map((item) => showObject(view, item))
        : items.map((item) => fromKept(resource, version, item)),
  };
}

/** What a row of a table carries of its object. */
function rowObject(view: View): (object: KubeObject) => object | undefined {
  if (view.included === 'None') return () => undefined;
  return (object) =>
    showObject({ ...view, as: view.included === 'Object' ? 'Object' : 'PartialObjectMetadata' }, object);
}

/** Pods and namespaces answer with what was deleted, all else with a Status. */
export function showDeleted(view: View, object: KubeObject): object {
  const { plural, group } = view.resource;
  if (['pods', 'namespaces'].includes(builtIn(view.resource))) return showObject(view, object);
  const { name, uid } = object.metadata;
  const details = { name, ...(group && { group }), kind: plural, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
