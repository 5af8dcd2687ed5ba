import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { type Definition, resolved, type Schema } from '../schema/index.ts';
import { elementsOf, pathOf } from './field-set.ts';

/** A part of a value that has an owner of its own. */
interface Child {
  /** As FieldsV1 has it. */
  readonly element: string;
  readonly value: Json;
  readonly schema: Schema;
  /** A named field of a struct, not an item of a map or list. */
  readonly isField: boolean;
  /** A struct that is always there, set or not. */
  readonly isAlwaysThere: boolean;
}

/** The keys of a list whose items are merged; empty for a set; undefined for a list that is replaced whole. */
function listKeys(schema: Schema): readonly string[] | undefined {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'map') return schema['x-kubernetes-list-map-keys'] ?? [];
  if (type === 'set') return [];
  if (type === 'atomic') return undefined;
  const merges = schema['x-kubernetes-patch-strategy']?.split(',').includes('merge');
  const key = schema['x-kubernetes-patch-merge-key'];
  return merges ? (key ? [key] : []) : undefined;
}

/** Values of keys that may be left out in what is built in; a custom kind has those of its schema. */
const KEY_DEFAULTS: JsonObject = { protocol: 'TCP' };

function keyDefaults(items: Schema | undefined, keys: readonly string[]): JsonObject {
  const properties = resolved(items)?.properties ?? {};
  const given = keys.flatMap((key): [string, Json][] => {
    const standard = properties[key]?.default;
    return standard === undefined ? [] : [[key, standard]];
  });
  return { ...KEY_DEFAULTS, ...Object.fromEntries(given) };
}

function itemElement(item: Json, keys: readonly string[], defaults: JsonObject): string {
  if (keys.length === 0 || !isObject(item)) return `v:${JSON.stringify(item)}`;
  const values = keys.flatMap((key) => {
    const value = item[key] ?? defaults[key];
    return value === undefined ? [] : [[key, value]];
  });
  return `k:${JSON.stringify(Object.fromEntries(values.sort(([one], [other]) => (String(one) < String(other) ? -1 : 1))))}`;
}

/** Of an object of any fields, each has an owner. */
const OPEN = 'x-kubernetes-preserve-unknown-fields';

/** Undefined for what is owned whole: scalars, atomic lists and maps. */
function children(value: Json | undefined, of: Schema): Child[] | undefined {
  const schema = resolved(of) ?? {};
  if (Array.isArray(value)) {
    const keys = listKeys(of);
    const same = { schema: schema.items ?? {}, isField: false, isAlwaysThere: false };
    const defaults = keyDefaults(schema.items, keys ?? []);
    return keys && value.map((item) => ({ element: itemElement(item, keys, defaults), value: item, ...same }));
  }
  const isAtomic = [of, schema].some((one) => one['x-kubernetes-map-type'] === 'atomic');
  const hasFields = schema.properties || schema.additionalProperties || schema[OPEN];
  if (!isObject(value) || isAtomic || !hasFields) return undefined;
  return Object.entries(value).map(([key, item]) => child(key, item, schema));
}

function child(key: string, value: Json, definition: Definition): Child {
  const field = definition.properties?.[key];
  const schema = field ?? definition.additionalProperties ?? (definition[OPEN] ? { [OPEN]: true } : {});
  const isStruct = resolved(field)?.properties !== undefined;
  const isAlwaysThere = isStruct && definition.pointers !== undefined && !definition.pointers.includes(key);
  return { element: `f:${key}`, value, schema, isField: field !== undefined, isAlwaysThere };
}

/** The fields that a configuration sets. */
export function fieldsOf(value: Json, schema: Schema): Set<string> {
  const found = new Set<string>();
  const collect = (node: Json, of: Schema, path: string): void => {
    const below = children(node, of);
    if (!below) found.add(path);
    for (const { element, value: item, schema: inner, isField } of below ?? []) {
      const own = pathOf(path, element);
      collect(item, inner, own);
      if (!isField || (isObject(item) && Object.keys(item).length === 0)) found.add(own);
    }
  };
  collect(value, schema, '');
  return found;
}

/** What is different between two states of an object. */
export interface FieldChanges {
  readonly added: Set<string>;
  readonly modified: Set<string>;
  readonly removed: Set<string>;
}

export function compare(before: Json | undefined, after: Json, schema: Schema): FieldChanges {
  const found: FieldChanges = { added: new Set(), modified: new Set(), removed: new Set() };
  const walk = (old: Child | undefined, now: Child | undefined, path: string): void => {
    // Most of an object is the same: heartbeats change one condition.
    if (old && now && isDeepStrictEqual(old.value, now.value)) return;
    const either = now ?? old;
    const [was, is] = [old && children(old.value, old.schema), now && children(now.value, now.schema)];
    if (!old && !either?.isAlwaysThere) found.added.add(path);
    if (!now) found.removed.add(path);
    if (old && now && !(was && is)) {
      found.modified.add(path);
      return;
    }
    const [olds, news] = [byElement(was), byElement(is)];
    for (const element of new Set([...olds.keys(), ...news.keys()]))
      walk(olds.get(element), news.get(element), pathOf(path, element));
  };
  const [olds, news] = [byElement(children(before, schema)), byElement(children(after, schema))];
  for (const element of new Set([...olds.keys(), ...news.keys()])) walk(olds.get(element), news.get(element), element);
  return found;
}

function byElement(list: readonly Child[] | undefined): Map<string, Child> {
  return new Map((list ?? []).map((one) => [one.element, one]));
}

/** The object with what a configuration sets. */
export function merge(live: Json | undefined, config: Json, schema: Schema): Json {
  const [olds, news] = [children(live, schema), children(config, schema)];
  if (!olds || !news) return config;
  const old = byElement(olds);
  const merged = (now: Child): Json => merge(old.get(now.element)?.value, now.value, now.schema);
  if (!Array.isArray(config)) {
    const values = news.map((now) => [now.element.slice(2), merged(now)]);
    return { ...(live as JsonObject), ...Object.fromEntries(values) };
  }
  const wanted = byElement(news);
  return mergedItems(olds, news).map((item) => (wanted.has(item.element) ? merged(item) : item.value));
}

/**
 * The items of both: the order of the configuration wins, and those of others stay before the ones that they were before.
 * Source: sigs.k8s.io/structured-merge-diff v6, typed/merge.go
 */
function mergedItems(olds: readonly Child[], news: readonly Child[]): Child[] {
  const [old, wanted] = [byElement(olds), byElement(news)];
  const shared = nextShared(news, old);
  const result: Child[] = [];
  let at = 0;
  for (const [i, now] of news.entries()) {
    const next = shared[i];
    while (at < olds.length && olds[at]?.element !== now.element && olds[at]?.element !== next) {
      const other = olds[at++] as Child;
      if (!wanted.has(other.element)) result.push(other);
      else if (next === undefined) break;
    }
    if (olds[at]?.element === now.element) at++;
    result.push(now);
  }
  return [...result, ...olds.slice(at).filter(({ element }) => !wanted.has(element))];
}

/** For each item the first from there on that was there before, if any. */
function nextShared(items: readonly Child[], old: ReadonlyMap<string, Child>): (string | undefined)[] {
  let next: string | undefined;
  const found = items.toReversed().map(({ element }) => {
    if (old.has(element)) next = element;
    return next;
  });
  return found.reverse();
}

/** The object without a field or item; what has become empty goes, too. */
export function without(value: Json, of: Schema, path: string): Json | undefined {
  const [first = '', ...rest] = elementsOf(path);
  const found = children(value, of) ?? [];
  const kept = found.flatMap((one): Child[] => {
    if (one.element !== first) return [one];
    const left = rest.length > 0 ? without(one.value, one.schema, pathOf('', rest.join('\0'))) : undefined;
    return left === undefined ? [] : [{ ...one, value: left }];
  });
  if (kept.length === 0 && found.length > 0) return undefined;
  if (Array.isArray(value)) return kept.map((one) => one.value);
  return isObject(value) && found.length > 0
    ? Object.fromEntries(kept.map(({ element, value: item }) => [element.slice(2), item]))
    : value;
}
