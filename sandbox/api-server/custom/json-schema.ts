import { isObject, type Json } from '../json.ts';

/** A schema as a CustomResourceDefinition has it: `JSONSchemaProps`, as far as it says anything about objects. */
export interface JsonSchema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: Json;
  readonly enum?: readonly Json[];
  readonly nullable?: boolean;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly maximum?: number;
  readonly minimum?: number;
  readonly exclusiveMaximum?: boolean;
  readonly exclusiveMinimum?: boolean;
  readonly multipleOf?: number;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly maxProperties?: number;
  readonly minProperties?: number;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly object[];
}

/** The schema of a field: that of its name, else of all others; undefined if the schema says nothing about it. */
export function schemaOfField({ properties, additionalProperties }: JsonSchema, name: string): JsonSchema | undefined {
  if (properties && Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** The parts of a value that have schemas of their own, each with what its path adds. */
export function partsOf(value: Json, schema: JsonSchema): { path: string; value: Json; schema: JsonSchema }[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.map((item, i) => ({ path: `[${i}]`, value: item, schema: items })) : [];
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const below = schemaOfField(schema, name);
    return below ? [{ path: `.${name}`, value: item, schema: below }] : [];
  });
}

/** The schemas that a schema is made of, itself first. */
export function schemasIn(schema: JsonSchema): JsonSchema[] {
  const { properties, additionalProperties, items } = schema;
  const below = [
    ...Object.values(properties ?? {}),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
    ...(items ? [items] : []),
  ];
  return [schema, ...below.flatMap(schemasIn)];
}
