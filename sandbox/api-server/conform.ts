import { isObject, type Json } from './json.ts';
import { REFERENCE, resolved, type Schema } from './schema/index.ts';

/** An object without the fields that its kind does not have, and what these are. */
export interface Conforming {
  readonly object: Json;
  /** `spec.template.spec.containers[0].imagex` */
  readonly unknown: readonly string[];
}

/** Types that are read from more than one type of JSON. */
const FREE = ['IntOrString', 'Quantity', 'FieldsV1'];

/** OpenAPI leaves open what these fields of a JSON schema are: a schema like the one they are in, or something else. */
const SCHEMAS_IN_SCHEMAS = ['items', 'additionalProperties', 'additionalItems'];

/** @throws Error for a value of another type, in the words of Go's decoder */
export function conform(object: Json, schema: Schema): Conforming {
  const unknown: string[] = [];
  return { object: walk(object, schema, '', unknown), unknown };
}

function walk(value: Json, of: Schema, path: string, unknown: string[]): Json {
  const schema = resolved(of) ?? {};
  if (FREE.some((name) => of.$ref?.startsWith(REFERENCE) && of.$ref.endsWith(`.${name}`))) return value;
  checkType(value, schema, path);
  // Of Go's structs, a null in a list or map is an empty one.
  if (value === null && schema.properties) return {};
  if (Array.isArray(value))
    return schema.items ? value.map((item, i) => walk(item, schema.items ?? {}, `${path}[${i}]`, unknown)) : value;
  if (!isObject(value) || (!schema.properties && !schema.additionalProperties)) return value;
  const isOfStructs = resolved(schema.additionalProperties)?.properties !== undefined;
  // A null is the zero of Go, which is left out.
  const given = Object.entries(value).filter(([, item]) => item !== null || isOfStructs);
  const known = given.filter(([key]) => {
    const isKnown = (schema.properties?.[key] ?? schema.additionalProperties) !== undefined;
    if (!isKnown) unknown.push(path ? `${path}.${key}` : key);
    return isKnown;
  });
  return Object.fromEntries(
    known.map(([key, item]) => {
      const below = schema.properties?.[key] ?? schema.additionalProperties ?? {};
      const isSchema = of.$ref?.endsWith('.JSONSchemaProps') === true && SCHEMAS_IN_SCHEMAS.includes(key);
      const inner = isSchema ? schemaIn(key, item, of) : below;
      return [key, walk(item, inner, path ? `${path}.${key}` : key, unknown)];
    }),
  );
}

/** Source: apiextensions-apiserver v0.37, pkg/apis/apiextensions/v1/marshal.go */
function schemaIn(key: string, item: Json, schema: Schema): Schema {
  if (key !== 'items' && typeof item === 'boolean') return {};
  if (key === 'items' && Array.isArray(item)) return { items: schema };
  if (!isObject(item)) throw new Error('boolean or JSON schema expected');
  return schema;
}

function checkType(value: Json, { type }: Schema, path: string): void {
  const found = Array.isArray(value) ? 'array' : typeof value;
  const fits =
    type === undefined || found === type || (found === 'number' && type === 'integer' && Number.isInteger(value));
  if (!fits)
    throw new Error(`json: cannot unmarshal ${GO_NAMES[found] ?? found} into Go struct field .${path} of type ${type}`);
}

const GO_NAMES: Readonly<Record<string, string>> = { boolean: 'bool' };
