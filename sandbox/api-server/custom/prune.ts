import { isObject, type Json } from '../json.ts';
import { type JsonSchema, schemaOfField } from './json-schema.ts';

/** What every object has, whether or not its schema says it. */
const OF_EVERY_OBJECT = ['apiVersion', 'kind', 'metadata'];

/**
 * A value without the fields that its schema does not have.
 * Source: apiextensions-apiserver v0.37, pkg/apiserver/schema/pruning/algorithm.go
 * @param unknown gets the paths of what is left out
 */
export function prune(
  value: Json,
  schema: JsonSchema | undefined,
  unknown: string[],
  path = '',
  isRoot = true,
  isOpen = schema?.['x-kubernetes-preserve-unknown-fields'] === true,
): Json {
  if (isOpen && !schema) return value;
  if (Array.isArray(value)) {
    // Items of a list that may have anything may, too, if their own schema says nothing else.
    const open = isOpen || undefined;
    return value.map((item, i) => prune(item, schema?.items, unknown, `${path}[${i}]`, false, open));
  }
  if (!isObject(value)) return value;
  const isWhole = isRoot || schema?.['x-kubernetes-embedded-resource'] === true;
  const kept = Object.entries(value).flatMap(([name, item]): [string, Json][] => {
    if (isWhole && OF_EVERY_OBJECT.includes(name)) return [[name, item]];
    const at = path ? `${path}.${name}` : name;
    // With `additionalProperties: true` a field is known, and nothing of what is in it.
    if (schema && (schemaOfField(schema, name) || schema.additionalProperties !== undefined))
      return [[name, prune(item, schemaOfField(schema, name), unknown, at, false)]];
    if (!isOpen) unknown.push(at);
    return isOpen ? [[name, item]] : [];
  });
  return Object.fromEntries(kept);
}

/**
 * A value with the defaults of its schema where nothing is given. A null that may not be is nothing, too: without a
 * default, its field is left out.
 * Source: apiextensions-apiserver v0.37, pkg/apiserver/schema/defaulting
 */
export function withDefaults(value: Json, schema: JsonSchema): Json {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.map((item) => withDefaults(defaulted(item, items), items)) : value;
  }
  if (!isObject(value)) return value;
  const filled = { ...value };
  for (const [name, { default: standard }] of Object.entries(schema.properties ?? {}))
    if (!Object.hasOwn(value, name) && standard !== undefined) filled[name] = structuredClone(standard);
  return Object.fromEntries(
    Object.entries(filled).flatMap(([name, item]): [string, Json][] => {
      const below = schemaOfField(schema, name);
      if (!below) return [[name, item]];
      const given = defaulted(item, below);
      return given === null && !below.nullable ? [] : [[name, withDefaults(given, below)]];
    }),
  );
}

function defaulted(value: Json, { nullable, default: standard }: JsonSchema): Json {
  return value === null && !nullable && standard !== undefined ? structuredClone(standard) : value;
}
