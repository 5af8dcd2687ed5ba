import { decode, withMetadata } from './decode.ts';
import { applied, type Owner, type Scope, type Tracked, updatedFields } from './managed-fields/index.ts';
import type { Operation } from './operation.ts';
import { groupVersion, type KubeObject } from './resources.ts';
import { schemaOf } from './schema/index.ts';
import { ApiFailure, badRequest, type Cause, invalidObject } from './status.ts';
import { otherVersion } from './wordings.ts';

/** The managedFields of an object that a request creates or changes. */
export function fieldsAfterUpdate(
  operation: Operation,
  before: KubeObject | undefined,
  after: KubeObject,
  given: unknown,
): object[] {
  return updatedFields(before, after, given, ownerOf(operation, 'Update'), scopeOf(operation));
}

/** The body of a server-side apply. @throws ApiFailure 400, 422 */
export function readConfiguration(operation: Operation): KubeObject {
  const { resource, version, minor, query, body, name } = operation;
  const given = (body ?? {}) as Partial<KubeObject>;
  const expected = groupVersion(resource.group, version);
  if (!query.get('fieldManager'))
    throw invalidOptions({
      field: 'fieldManager',
      reason: 'FieldValueRequired',
      message: 'Required value: is required for apply patch',
    });
  if (!given.kind || !given.apiVersion) throw badRequest("error decoding YAML: Object 'Kind' is missing");
  if (given.apiVersion !== expected) throw badRequest(otherVersion(given.apiVersion, given.kind, expected, minor));
  if (given.metadata?.managedFields) throw badRequest('metadata.managedFields must be nil');
  const warnings: string[] = [];
  const config = decode({ ...operation, query: new URLSearchParams(), warnings });
  refuseUnknown(operation, warnings);
  if (config.metadata.name !== name)
    throw badRequest(
      `the name of the object (${config.metadata.name ?? ''}) does not match the name on the URL (${name})`,
    );
  return config;
}

/** A field that the kind does not have would have no owner. */
function refuseUnknown({ resource, version, namespace, name }: Operation, warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  const about = `${namespace}/${name}; ${groupVersion(resource.group, version)}, Kind=${resource.kind}`;
  const fields = warnings.map(
    (text) => `.${text.replace(/^unknown field "(.*)"$/, '$1')}: field not declared in schema`,
  );
  throw new ApiFailure(500, undefined, `failed to create typed patch object (${about}): ${fields.join('\n')}`);
}

/** @throws ApiFailure 409 if it changes fields of other owners and `force` is not set */
export function applyConfiguration(operation: Operation, live: KubeObject | undefined, config: KubeObject): Tracked {
  const isForced = operation.query.get('force') === 'true';
  return applied(live, config, ownerOf(operation, 'Apply'), scopeOf(operation), isForced);
}

/** A `force` that is not for server-side apply is a mistake. @throws ApiFailure 422 */
export function refuseForce({ query }: Operation): void {
  if (query.has('force'))
    throw invalidOptions({
      field: 'force',
      reason: 'FieldValueForbidden',
      message: 'Forbidden: may not be specified for non-apply patch',
    });
}

function invalidOptions(cause: Cause): Error {
  return invalidObject({ kind: 'PatchOptions', group: 'meta.k8s.io', name: '' }, [cause]);
}

export function withManagedFields(object: KubeObject, managedFields: readonly object[]): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return withMetadata(object, { ...metadata, ...(managedFields.length > 0 && { managedFields }) });
}

function ownerOf(
  { resource, version, subresource, query, userAgent, registry }: Operation,
  operation: Owner['operation'],
): Owner {
  return {
    manager: query.get('fieldManager') || userAgent.split('/')[0] || 'unknown',
    operation,
    apiVersion: groupVersion(resource.group, version),
    subresource,
    time: registry.timestamp(),
  };
}

function scopeOf({ resource, subresource }: Operation): Scope {
  const hasStatus = resource.subresources.includes('status');
  return { schema: schemaOf(resource), ignored: subresource ? ['spec'] : hasStatus ? ['status'] : [] };
}
