import { isDeepStrictEqual } from 'node:util';
import type { Registry } from '../registry.ts';
import { type KubeObject, RESOURCES, resourceOf } from '../resources.ts';
import type { Names } from './defined.ts';
import { definitionSpec, definitionStatus, isEstablished } from './definition.ts';

/**
 * Lets CustomResourceDefinitions have the names that they want, unless another kind of their group has them. With its
 * names accepted, a definition is established: its objects are served.
 * @param group the one that something has changed in
 */
export function reconcileDefinitions(registry: Registry, group: string | undefined): void {
  const definitions = resourceOf('customresourcedefinitions');
  const all = registry.list(definitions).filter((definition) => definitionSpec(definition).group === group);
  for (const [i, definition] of all.entries()) {
    const status = statusFor(definition, all, registry.timestamp());
    all[i] = registry.replace(definitions, { ...definition, status }, definition);
  }
}

function statusFor(definition: KubeObject, all: readonly KubeObject[], now: string): Record<string, unknown> {
  const { names = {}, versions = [] } = definitionSpec(definition);
  const { storedVersions = [], acceptedNames, conditions = [] } = definitionStatus(definition);
  const stored = versions.filter(({ storage }) => storage).map(({ name }) => name);
  const rest = { ...definition.status, storedVersions: [...new Set([...storedVersions, ...stored])] };
  if (isDeepStrictEqual(acceptedNames, names)) return rest;
  const conflict = conflictOf(names, takenBy(definition, all));
  const accepted = conflict
    ? condition('NamesAccepted', 'False', conflict.reason, conflict.message, now)
    : condition('NamesAccepted', 'True', 'NoConflicts', 'no conflicts found', now);
  const established = conflict
    ? condition('Established', 'False', 'NotAccepted', 'not all names are accepted', now)
    : condition('Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted', now);
  // What is established stays so, with the names that it had.
  const kept = isEstablished(definition) ? conditions.find(({ type }) => type === 'Established') : established;
  const next = [accepted, kept ?? established].map((one) => since(one, conditions));
  return { ...rest, acceptedNames: conflict ? (acceptedNames ?? {}) : names, conditions: next };
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

function condition(type: string, status: string, reason: string, message: string, now: string): Condition {
  return { type, status, ...{ lastTransitionTime: now, reason, message } };
}

/** A condition whose status has not changed keeps its time. */
function since(now: Condition, before: readonly Condition[]): Condition {
  const earlier = before.find(({ type, status }) => type === now.type && status === now.status);
  const time = (earlier ?? now) as { lastTransitionTime?: string };
  return { ...now, ...(time.lastTransitionTime && { lastTransitionTime: time.lastTransitionTime }) };
}

interface Taken {
  readonly resources: readonly string[];
  readonly kinds: readonly string[];
}

/** Kinds that are built in make room: see served.ts. */
function takenBy(definition: KubeObject, all: readonly KubeObject[]): Taken {
  const { group, names: own } = definitionSpec(definition);
  const others = all.filter(
    (one) => one.metadata.name !== definition.metadata.name && definitionSpec(one).group === group,
  );
  const names = others.map((one) => definitionStatus(one).acceptedNames ?? {});
  const builtIn = RESOURCES.filter((one) => one.group === group && one.plural !== own?.plural);
  return {
    resources: [
      ...names.flatMap(({ plural = '', singular = '', shortNames = [] }) => [plural, singular, ...shortNames]),
      ...builtIn.flatMap(({ plural, singular, shortNames }) => [plural, singular, ...shortNames]),
    ],
    kinds: [...names.flatMap(({ kind = '', listKind = '' }) => [kind, listKind]), ...builtIn.map(({ kind }) => kind)],
  };
}

function conflictOf(names: Names, { resources, kinds }: Taken): { reason: string; message: string } | undefined {
  const { plural = '', singular = '', shortNames = [], kind = '', listKind = '' } = names;
  const checks = [
    ['ListKindConflict', listKind, kinds],
    ['KindConflict', kind, kinds],
    ...shortNames.map((name) => ['ShortNamesConflict', name, resources] as const),
    ['SingularConflict', singular, resources],
    ['PluralConflict', plural, resources],
  ] as const;
  const found = checks.find(([, name, taken]) => taken.includes(name));
  return found && { reason: found[0], message: `"${found[1]}" is already in use` };
}
