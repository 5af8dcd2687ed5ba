import { isObject, type Json } from '../json.ts';
import { type JsonSchema, schemaOfField } from './json-schema.ts';

/** What every object has, whether or not its schema says it. */
const OF_EVERY_OBJECT = ['apiVersion', 'kind', 'metadata'];

/**
 * A value without the fields that its schema does not have.
 * @param unknown gets the paths of what is left out
 */
export function prune(value: Json, schema: JsonSchema, unknown: string[], path = '', isRoot = true): Json {
  const at = (name: string): string => (path ? `${path}.${name}` : name);
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.map((item, i) => prune(item, items, unknown, `${path}[${i}]`, false)) : value;
  }
  if (!isObject(value)) return value;
  const isWhole = isRoot || schema['x-kubernetes-embedded-resource'] === true;
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
  const kept = Object.entries(value).flatMap(([name, item]): [string, Json][] => {
    if (isWhole && OF_EVERY_OBJECT.includes(name)) return [[name, item]];
    const below = schemaOfField(schema, name);
    if (below) return [[name, prune(item, below, unknown, at(name), false)]];
    if (!isOpen) unknown.push(at(name));
    return isOpen ? [[name, item]] : [];
  });
  return Object.fromEntries(kept);
}

/** A value with the defaults of its schema where nothing is given; a null that is not allowed is nothing. */
export function withDefaults(value: Json, schema: JsonSchema): Json {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.map((item) => withDefaults(item, items)) : value;
  }
  if (!isObject(value)) return value;
  const filled = { ...value };
  for (const [name, { default: standard, nullable }] of Object.entries(schema.properties ?? {})) {
    const isGiven = Object.hasOwn(value, name) && (value[name] !== null || nullable === true);
    if (!isGiven && standard !== undefined) filled[name] = structuredClone(standard);
  }
  return Object.fromEntries(
    Object.entries(filled).map(([name, item]) => {
      const below = schemaOfField(schema, name);
      return [name, below ? withDefaults(item, below) : item];
    }),
  );
}
