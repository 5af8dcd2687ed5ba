import { authenticatedNode } from './authorization.ts';
import { fromKept } from './autoscaler-versions.ts';
import { unheeded } from './custom/definition.ts';
import { resourcesWithObjects } from './custom/served.ts';
import { decode, named, ownMetadata, withMetadata } from './decode.ts';
import {
  applyConfiguration,
  fieldsAfterUpdate,
  readConfiguration,
  refuseForce,
  withManagedFields,
} from './field-owners.ts';
import { restrictNode } from './node-restriction.ts';
import type { Operation } from './operation.ts';
import { APPLY_PATCH, applyPatch } from './patch.ts';
import type { Registry } from './registry.ts';
import { builtIn, groupResource, groupVersion, type KubeObject, type Resource, resourceOf } from './resources.ts';
import { SCALE, scaled, scaleOf } from './scale.ts';
import { selector } from './selectors.ts';
import * as failures from './status.ts';
import { prepareCreate, prepareUpdate, validate, type Writer } from './strategies.ts';
import { checkMetadata } from './validation.ts';
import { shownZero } from './wordings.ts';

const PROTECTED_NAMESPACES = ['default', 'kube-public', 'kube-system'];

/** @throws ApiFailure 404 */
export function read({ registry, resource, name, namespace }: Operation): KubeObject {
  const found = registry.get(resource, name, namespace);
  if (!found) throw failures.notFound(about(resource, name));
  return found;
}

function select(operation: Operation): KubeObject[] {
  const { registry, resource, namespace, query } = operation;
  const matches = selector(resource, query);
  return registry.list(resource, namespace || undefined).filter(matches);
}

/**
 * @param managedFields if they are known already
 * @throws ApiFailure 400, 403, 404 for its namespace, 409, 422
 */
export function create(operation: Operation, managedFields?: readonly object[]): KubeObject {
  const { registry, resource, query } = operation;
  const object = named(decode(operation));
  if (object.metadata.resourceVersion)
    throw new failures.ApiFailure(500, undefined, 'resourceVersion should not be set on objects to be created');
  admit(operation, object);
  const prepared = prepareCreate(resource, withMetadata(object, ownMetadata(object.metadata)), writerOf(operation));
  check(operation, prepared);
  const { name = '', namespace } = prepared.metadata;
  if (registry.get(resource, name, namespace)) throw failures.alreadyExists(about(resource, name));
  const tracked = withManagedFields(
    prepared,
    managedFields ?? fieldsAfterUpdate(operation, undefined, prepared, object.metadata.managedFields),
  );
  return isDryRun(query) ? tracked : registry.insert(resource, tracked);
}

/** True if a PUT or an applied configuration finds nothing and makes what it brings. */
export function isCreation({ registry, resource, name, namespace, contentType }: Operation): boolean {
  return (resource.createdByPut === true || contentType === APPLY_PATCH) && !registry.get(resource, name, namespace);
}

/** @throws ApiFailure 400, 403, 404, 409, 422 */
export function update(operation: Operation): KubeObject {
  const { resource, name } = operation;
  const object = decode(operation);
  if (object.metadata.name !== name)
    throw failures.badRequest(
      `the name of the object (${object.metadata.name ?? ''}) does not match the name on the URL (${name})`,
    );
  const before = read(operation);
  const { uid, resourceVersion } = object.metadata;
  if (resource.needsResourceVersion && !resourceVersion)
    throw failures.invalidObject({ kind: resource.plural, group: resource.group, name }, [
      {
        field: 'metadata.resourceVersion',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${shownZero(operation.minor)}: must be specified for an update`,
      },
    ]);
  if (uid && uid !== before.metadata.uid)
    throw failures.conflict(
      about(resource, name),
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.metadata.uid}`,
    );
  return store(operation, object, before);
}

/** @throws ApiFailure 400, 403, 404, 409, 415, 422 */
export function patch(operation: Operation): KubeObject {
  const { resource, version, body, contentType, name } = operation;
  refuseForce(operation);
  const before = read(operation);
  const target = {
    apiVersion: groupVersion(resource.group, version),
    kind: resource.kind,
    ...fromKept(resource, version, before),
  };
  const object = decode({ ...operation, body: applyPatch(resource, target, body, contentType) });
  if (object.metadata.name !== name)
    throw failures.badRequest(
      `the name of the object (${object.metadata.name ?? ''}) does not match the name on the URL (${name})`,
    );
  return store(operation, object, before);
}

/**
 * Server-side apply: makes the object, or changes what the configuration sets.
 * @throws ApiFailure 400, 403, 404, 409, 422
 */
export function apply(operation: Operation): KubeObject {
  const { registry, resource, name, namespace, subresource } = operation;
  const config = readConfiguration(operation);
  const live = registry.get(resource, name, namespace);
  if (!live && subresource) throw failures.notFound(about(resource, name));
  const { object, managedFields } = applyConfiguration(operation, live, config);
  if (live) return store(operation, object, live, managedFields);
  const { version } = operation;
  const apiVersion = groupVersion(resource.group, version);
  const body = { ...fromKept(resource, version, object), apiVersion, kind: resource.kind };
  return create({ ...operation, body }, managedFields);
}

/** @returns the object before its deletion. @throws ApiFailure 403, 404, 409 */
export function remove(operation: Operation): KubeObject {
  const { registry, resource, resources, name, body, query } = operation;
  const before = read(operation);
  const { preconditions } = (body ?? {}) as { preconditions?: { uid?: string; resourceVersion?: string } };
  checkPreconditions(resource, before, preconditions ?? {});
  admit(operation, undefined, before);
  const kind = builtIn(resource);
  if (kind === 'namespaces' && PROTECTED_NAMESPACES.includes(name))
    throw failures.forbidden(about(resource, name), 'this namespace may not be deleted');
  const isDry = isDryRun(query) || isDryRun(new URLSearchParams(dryRunOf(body)));
  if (isDry) return before;
  if (kind === 'customresourcedefinitions') removeObjectsOf(registry, resources, name);
  registry.remove(resource, before);
  if (kind === 'namespaces') emptyNamespace(registry, resources, name);
  return before;
}

/** @returns the objects as they were */
export function removeAll(operation: Operation): KubeObject[] {
  const selected = select(operation);
  for (const { metadata } of selected)
    remove({ ...operation, name: metadata.name ?? '', namespace: metadata.namespace ?? '' });
  return selected;
}

/** Reads or changes how many replicas a workload should have. @throws ApiFailure 400, 403, 404, 409, 415 */
export function scale(operation: Operation, verb: string): KubeObject {
  const { resource, version, body, contentType } = operation;
  const before = read(operation);
  const current = scaleOf(before, resource);
  if (verb === 'get') return current;
  const wanted = verb === 'update' ? (body as KubeObject) : applyPatch(SCALE, current, body, contentType);
  const apiVersion = groupVersion(resource.group, version);
  const changed = { ...scaled(before, wanted, resource), apiVersion, kind: resource.kind };
  const object = decode({ ...operation, body: changed });
  return scaleOf(store({ ...operation, subresource: '', resource }, object, before), resource);
}

/** A pod is gone as soon as its eviction is granted: there are no disruption budgets here, and no grace periods. */
export function evict(operation: Operation): object {
  const pod = read(operation);
  admit(operation, operation.body as KubeObject, pod);
  if (!isDryRun(operation.query)) operation.registry.remove(operation.resource, pod);
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}

/** `nodes "n1"` for errors. */
function about({ plural, group }: Resource, name: string): failures.About {
  return { kind: plural, group, name };
}

function store(
  operation: Operation,
  object: KubeObject,
  before: KubeObject,
  managedFields?: readonly object[],
): KubeObject {
  const { registry, resource, subresource, name, query } = operation;
  const { resourceVersion } = object.metadata;
  if (resourceVersion && resourceVersion !== before.metadata.resourceVersion) {
    if (!/^\d+$/.test(resourceVersion)) throw notANumber(resourceVersion);
    throw failures.conflict(about(resource, name));
  }
  const { uid, creationTimestamp, deletionTimestamp } = before.metadata;
  if (object.metadata.uid && object.metadata.uid !== uid)
    throw invalid(operation, name, [
      {
        field: 'metadata.uid',
        reason: 'FieldValueInvalid',
        message: `Invalid value: "${object.metadata.uid}": field is immutable`,
      },
    ]);
  const kept = {
    ...ownMetadata(object.metadata),
    uid,
    creationTimestamp,
    ...(deletionTimestamp && { deletionTimestamp }),
  };
  const prepared = prepareUpdate(resource, subresource, withMetadata(object, kept), before, writerOf(operation));
  admit(operation, prepared, before);
  check(operation, prepared, before);
  const tracked = withManagedFields(
    prepared,
    managedFields ?? fieldsAfterUpdate(operation, before, prepared, object.metadata.managedFields),
  );
  const unchanged = { ...tracked.metadata, resourceVersion: before.metadata.resourceVersion };
  if (isDryRun(query)) return withMetadata(tracked, unchanged);
  return registry.replace(resource, tracked, before);
}

function writerOf({ user, version, minor, registry }: Operation): Writer {
  return { user, version, minor, timestamp: registry.timestamp() };
}

/** Admission: what depends on who writes, and on the namespace. */
function admit(operation: Operation, object?: KubeObject, before?: KubeObject): void {
  const { registry, resource, subresource, user, namespace, minor } = operation;
  const name = operation.name || (object?.metadata?.name ?? '');
  const node = authenticatedNode(user);
  if (node !== undefined) restrictNode(node, { resource, subresource, name, object, before, minor }, registry);
  if (resource.namespaced && !before && !registry.get(resourceOf('namespaces'), namespace))
    throw failures.notFound({ kind: 'namespaces', name: namespace });
}

function check(operation: Operation, object: KubeObject, before?: KubeObject): void {
  if (builtIn(operation.resource) === 'customresourcedefinitions') operation.warnings.push(...unheeded(object));
  const causes = [...checkMetadata(object), ...validate(operation.resource, object, writerOf(operation), before)];
  if (causes.length > 0) throw invalid(operation, object.metadata.name ?? '', causes);
}

function invalid({ resource }: Operation, name: string, causes: readonly failures.Cause[]): Error {
  return failures.invalidObject({ kind: resource.kind, group: resource.group, name }, causes);
}

function notANumber(text: string): Error {
  return new failures.ApiFailure(500, undefined, `strconv.ParseUint: parsing "${text}": invalid syntax`);
}

function checkPreconditions(
  { kind, group }: Resource,
  { metadata }: KubeObject,
  { uid, resourceVersion }: { uid?: string; resourceVersion?: string },
): void {
  const refuse = (what: string, wanted: string, found: string | undefined, why: string): never => {
    throw failures.conflict(
      { kind, group, name: metadata.name },
      `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). The object might have been ${why}`,
    );
  };
  if (uid && uid !== metadata.uid) refuse('UID', uid, metadata.uid, 'deleted and then recreated');
  if (resourceVersion && resourceVersion !== metadata.resourceVersion)
    refuse('ResourceVersion', resourceVersion, metadata.resourceVersion, 'modified');
}

function isDryRun(query: URLSearchParams): boolean {
  const asked = query.getAll('dryRun');
  if (asked.some((value) => value !== 'All'))
    throw failures.invalidObject({ kind: 'CreateOptions', group: 'meta.k8s.io', name: '' }, [
      {
        field: 'dryRun',
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: []string{${asked.map((value) => `"${value}"`).join(', ')}}: supported values: "All"`,
      },
    ]);
  return asked.length > 0;
}

function dryRunOf(body: unknown): [string, string][] {
  const { dryRun } = (body ?? {}) as { dryRun?: string[] };
  return (dryRun ?? []).map((value) => ['dryRun', value]);
}

/** Objects of a custom kind go before its definition. */
function removeObjectsOf(registry: Registry, resources: readonly Resource[], name: string): void {
  // Of several versions, one: they have the same objects.
  const found = resourcesWithObjects(registry, resources).find((resource) => groupResource(resource) === name);
  if (found?.custom) for (const object of registry.list(found)) registry.remove(found, object);
}

function emptyNamespace(registry: Registry, resources: readonly Resource[], namespace: string): void {
  for (const resource of resourcesWithObjects(registry, resources))
    if (resource.namespaced) for (const object of registry.list(resource, namespace)) registry.remove(resource, object);
}
