import { randomInt } from 'node:crypto';
import { toKept } from './autoscaler-versions.ts';
import { conform } from './conform.ts';
import type { JsonSchema } from './custom/json-schema.ts';
import { prune } from './custom/prune.ts';
import { isObject, type Json } from './json.ts';
import type { Operation } from './operation.ts';
import { groupVersion, type KubeObject, type Metadata } from './resources.ts';
import { OBJECT_META, type Schema, schemaOf } from './schema/index.ts';
import * as failures from './status.ts';
import { missingKind } from './wordings.ts';

/** Names that Kubernetes makes have no vowels, so that they are no words. */
const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** The body as an object of the resource. @throws ApiFailure 400 */
export function decode(operation: Operation): KubeObject {
  const { resource, version, minor, body, namespace } = operation;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw failures.badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): the body is not an object`,
    );
  const { apiVersion, kind, ...object } = body as KubeObject;
  const expected = groupVersion(resource.group, version);
  const mismatch = `${kind ?? resource.kind} in version "${(apiVersion ?? expected).split('/').at(-1)}" cannot be handled as a ${resource.kind}`;
  if (resource.custom && !kind) throw failures.badRequest(missingKind(resource.kind, version, body, minor));
  if (kind && kind !== resource.kind) throw failures.badRequest(`${mismatch}: unknown conversion`);
  if (apiVersion && apiVersion !== expected)
    throw failures.badRequest(
      resource.custom
        ? `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`
        : `${mismatch}: no kind "${kind ?? ''}" is registered for version "${apiVersion}"`,
    );
  const known = withoutUnknown(operation, object, mismatch);
  const metadata = (known.metadata ?? {}) as Metadata;
  if (resource.namespaced && metadata.namespace && metadata.namespace !== namespace)
    throw failures.badRequest('the namespace of the provided object does not match the namespace sent on the request');
  const { namespace: _, ...rest } = metadata;
  return toKept(resource, version, { ...known, metadata: resource.namespaced ? { ...rest, namespace } : rest });
}

/** Fields that the kind does not have are an error, a warning or nothing, as the request wants it (`fieldValidation`). */
function withoutUnknown(
  { resource, query, version, warnings }: Operation,
  object: object,
  mismatch: string,
): KubeObject {
  const { object: known, unknown } = resource.defined
    ? pruned(object, resource.defined.rules, mismatch)
    : conforming(object, schemaOf(resource, version), mismatch);
  const unknownFields = unknown.map((field) => `unknown field "${field}"`);
  if (query.get('fieldValidation') === 'Strict' && unknown.length > 0)
    throw failures.badRequest(
      `${resource.kind} in version "${version}" cannot be handled as a ${resource.kind}: strict decoding error: ${unknownFields.join(', ')}`,
    );
  if (query.get('fieldValidation') !== 'Ignore') warnings.push(...unknownFields);
  return known;
}

function conforming(
  object: object,
  schema: Schema,
  mismatch: string,
): { object: KubeObject; unknown: readonly string[] } {
  try {
    return conform(object as Json, schema) as unknown as ReturnType<typeof conforming>;
  } catch (error) {
    throw failures.badRequest(`${mismatch}: ${(error as Error).message}`);
  }
}

/** Values of a custom kind are looked at later: what is wrong with them does not make the body unreadable. */
function pruned(object: object, rules: JsonSchema, mismatch: string): ReturnType<typeof conforming> {
  const { metadata = {}, ...rest } = object as KubeObject;
  const meta = conforming({ metadata }, { properties: { metadata: OBJECT_META } }, mismatch);
  const unknown = [...meta.unknown];
  const known = prune(rest as unknown as Json, rules, unknown);
  return { object: { ...(isObject(known) ? known : {}), ...meta.object }, unknown };
}

export function named(object: KubeObject): KubeObject {
  const { name, generateName } = object.metadata;
  if (name || !generateName) return object;
  const suffix = Array.from({ length: 5 }, () => NAME_LETTERS[randomInt(NAME_LETTERS.length)]).join('');
  return withMetadata(object, { ...object.metadata, name: `${generateName}${suffix}` });
}

export function withMetadata(object: KubeObject, metadata: Metadata): KubeObject {
  return { ...object, metadata };
}

/** What clients may say about an object; the rest is the server's. */
export function ownMetadata(metadata: Metadata): Metadata {
  const { uid, creationTimestamp, deletionTimestamp, resourceVersion, managedFields, selfLink, ...own } = metadata;
  return own;
}
