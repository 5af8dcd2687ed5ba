import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../json.ts';
import type { KubeObject } from '../resources.ts';
import type { Schema } from '../schema/index.ts';
import { applyConflict, type Cause } from '../status.ts';
import { difference, elementsOf, type FieldSet, intersection, shownPath, union, withParents } from './field-set.ts';
import { isSameManager, type Manager, readManagers, shownManager, writeManagers } from './managers.ts';
import { compare, type FieldChanges, fieldsOf, merge, without } from './typed.ts';

/** Who writes. */
export type Owner = Omit<Manager, 'fields'>;

/** What a write is about. */
export interface Scope {
  readonly schema: Schema;
  /** Top-level fields that this write cannot change: `status`. */
  readonly ignored: readonly string[];
}

/** An object and its managedFields. */
export interface Tracked {
  readonly object: KubeObject;
  readonly managedFields: readonly object[];
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Fields that have no owner. Source: k8s.io/apimachinery, pkg/util/managedfields/internal/stripmeta.go */
const UNOWNED = ['apiVersion', 'kind', 'metadata'];
const UNOWNED_METADATA = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
];

/**
 * The managedFields after an update: what it changed belongs to the writer.
 * @param given what the writer says of managedFields; `[{}]` drops them
 */
export function updatedFields(
  before: KubeObject | undefined,
  after: KubeObject,
  given: unknown,
  owner: Owner,
  scope: Scope,
): object[] {
  const isReset = isDeepStrictEqual(given, [{}]);
  const named = readManagers(given);
  const managers = isReset ? [] : named.length > 0 ? named : readManagers(before?.metadata.managedFields);
  const changed = ownable(compare(before && plain(before), plain(after), scope.schema), scope);
  const taken = union(changed.added, changed.modified);
  const gone = union(taken, changed.removed);
  const left = managers.map((one) => ({ ...one, fields: difference(one.fields, gone) }));
  if (taken.size === 0 || isReset) return writeManagers(left);
  const own = left.find((one) => isSameManager(one, { ...owner, fields: taken }));
  const others = left.filter((one) => one !== own);
  return writeManagers([...others, { ...owner, fields: union(own?.fields ?? new Set(), taken) }]);
}

/**
 * The object as a configuration would have it: server-side apply.
 * @throws ApiFailure 409 if the configuration changes fields of others without force
 */
export function applied(
  live: KubeObject | undefined,
  config: KubeObject,
  owner: Owner,
  scope: Scope,
  force: boolean,
): Tracked {
  const managers = live ? managersOf(live, owner.apiVersion, scope) : [];
  const own: Manager = { ...owner, fields: ownableSet(fieldsOf(plain(config), scope.schema), scope) };
  const last = managers.find((one) => isSameManager(one, own));
  const others = managers.filter((one) => one !== last);
  const merged = live ? merge(plain(live), plain(config), scope.schema) : plain(config);
  const object = prune(merged, last?.fields ?? new Set(), [own, ...others], scope.schema);
  const changed = ownable(compare(live && plain(live), object, scope.schema), scope);
  const conflicts = conflictsOf(others, changed);
  if (!force && conflicts.length > 0 && !isUpgrade(live, owner, conflicts, scope)) throw refusal(conflicts);
  const gone = union(changed.added, changed.modified, changed.removed);
  const left = others.map((one) => ({ ...one, fields: difference(one.fields, gone) }));
  const isSame = gone.size === 0 && isDeepStrictEqual(last?.fields, own.fields);
  return {
    object: object as unknown as KubeObject,
    managedFields: writeManagers([...left, { ...own, time: (isSame && last?.time) || own.time }]),
  };
}

/** An object without owners belongs to those who wrote it before its first apply. */
function managersOf(live: KubeObject, apiVersion: string, scope: Scope): Manager[] {
  const managers = readManagers(live.metadata.managedFields);
  if (managers.length > 0) return managers;
  const fields = ownableSet(fieldsOf(plain(live), scope.schema), scope);
  const time = live.metadata.creationTimestamp ?? '';
  return [{ manager: 'before-first-apply', operation: 'Update', apiVersion, subresource: '', time, fields }];
}

/** Removes what this owner applied before, does not apply now, and no other owns. */
function prune(object: Json, last: FieldSet, managers: readonly Manager[], schema: Schema): Json {
  const owned = withParents(union(...managers.map(({ fields }) => fields)));
  const dropped = [...last].filter((path) => !owned.has(path));
  return dropped.reduce((left, path) => without(left, schema, path) ?? {}, object);
}

/** An owner and the fields of it that another owner is about to change. */
interface Conflict {
  readonly with: Manager;
  readonly fields: FieldSet;
}

function conflictsOf(others: readonly Manager[], { added, modified }: FieldChanges): Conflict[] {
  const taken = union(added, modified);
  const all = others.map((one) => ({ with: one, fields: intersection(one.fields, taken) }));
  return all.filter(({ fields }) => fields.size > 0);
}

/** True if kubectl takes over only what kubectl itself applied from the client before. */
function isUpgrade(
  live: KubeObject | undefined,
  { manager }: Owner,
  conflicts: readonly Conflict[],
  { schema }: Scope,
): boolean {
  const last = live?.metadata.annotations?.[LAST_APPLIED];
  if (manager !== 'kubectl' || !live || last === undefined) return false;
  const config = JSON.parse(last) as Json;
  const { modified, added } = compare(plain(live), merge(plain(live), config, schema), schema);
  const allowed = difference(fieldsOf(config, schema), union(modified, added));
  return conflicts.every(({ fields }) => difference(fields, allowed).size === 0);
}

function refusal(conflicts: readonly Conflict[]): Error {
  const causes = conflicts.flatMap(({ with: one, fields }) =>
    [...fields].sort().map((path) => ({ manager: shownManager(one), field: shownPath(path) })),
  );
  const byManager = [...Map.groupBy(causes, ({ manager }) => manager)].sort(([one], [other]) => (one < other ? -1 : 1));
  const lines = byManager.flatMap(([manager, fields]) => [
    `conflicts with ${manager}:`,
    ...fields.map(({ field }) => `- ${field}`),
  ]);
  const [only] = causes;
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: conflict with ${only?.manager}: ${only?.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
  const shown = causes.map(
    ({ manager, field }): Cause => ({ reason: 'FieldManagerConflict', message: `conflict with ${manager}`, field }),
  );
  return applyConflict(message, shown);
}

function ownable({ added, modified, removed }: FieldChanges, scope: Scope): FieldChanges {
  return {
    added: ownableSet(added, scope),
    modified: ownableSet(modified, scope),
    removed: ownableSet(removed, scope),
  };
}

function ownableSet(fields: FieldSet, { ignored }: Scope): Set<string> {
  const isOwnable = (path: string): boolean => {
    const [first = '', second = '', ...rest] = elementsOf(path).map((element) => element.slice(2));
    if (ignored.includes(first)) return false;
    if (second === '') return !UNOWNED.includes(first);
    return !(first === 'metadata' && rest.length === 0 && UNOWNED_METADATA.includes(second));
  };
  return new Set([...fields].filter(isOwnable));
}

function plain(object: KubeObject): Json {
  return object as unknown as Json;
}
