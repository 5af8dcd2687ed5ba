import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../json.ts';
import type { Cause } from '../status.ts';
import type { JsonSchema } from './json-schema.ts';
import { patternError } from './patterns.ts';
import { prune } from './prune.ts';
import { schemaCauses } from './rules.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const LIST_TYPES = ['atomic', 'map', 'set'];
const MAP_TYPES = ['atomic', 'granular'];
/** The two of them together say what `x-kubernetes-int-or-string` says. */
const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];

type Level = 'root' | 'item' | 'field';

const WHERE: Readonly<Record<Level, string>> = {
  root: 'at the root',
  item: 'for specified array items',
  field: 'for specified object fields',
};

/** What a schema may not have, with what Kubernetes says of it. */
const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const;

/** What only the schema itself may have, and not what it combines. */
const FORBIDDEN_IN_COMBINATIONS: readonly (readonly [string, string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

/**
 * What is wrong with the schema of a version.
 * Source: apiextensions-apiserver v0.37, pkg/apiserver/schema/validation.go, pkg/apis/apiextensions/validation/validation.go
 */
export function structureCauses(schema: JsonSchema, field: string, level: Level = 'root'): Cause[] {
  const { properties = {}, additionalProperties, items } = schema;
  const below = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  return [
    ...typeCauses(schema, field, level),
    ...keywordCauses(schema, field, level),
    ...listCauses(schema, field),
    ...metadataCauses(schema, field, level),
    ...combinationCauses(schema, field),
    ...defaultCauses(schema, field),
    ...Object.entries(properties).flatMap(([name, one]) =>
      structureCauses(one, `${field}.properties[${name}]`, 'field'),
    ),
    ...(below ? structureCauses(below, `${field}.additionalProperties`, 'field') : []),
    ...(items && !Array.isArray(items) ? structureCauses(items, `${field}.items`, 'item') : []),
  ];
}

function required(field: string, why: string): Cause {
  return { field, reason: 'FieldValueRequired', message: `Required value: ${why}` };
}

function forbidden(field: string, why: string): Cause {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${why}` };
}

function wrong(field: string, value: Json, why: string): Cause {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${why}` };
}

function oneOf(field: string, value: string | undefined, allowed: readonly string[]): Cause[] {
  if (value === undefined || allowed.includes(value)) return [];
  const listed = allowed.map((each) => `"${each}"`).join(', ');
  const message = `Unsupported value: "${value}": supported values: ${listed}`;
  return [{ field, reason: 'FieldValueNotSupported', message }];
}

function typeCauses(schema: JsonSchema, field: string, level: Level): Cause[] {
  const { type, items } = schema;
  const at = `${field}.type`;
  const isFree = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'];
  const mustBe = (wanted: string, why: string): Cause[] =>
    type === wanted
      ? []
      : [type ? wrong(at, type, `must be ${wanted} ${why}`) : required(at, `must be ${wanted} ${why}`)];
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const causes = isEmbedded
    ? mustBe('object', 'if x-kubernetes-embedded-resource is true')
    : type || isFree
      ? []
      : [required(at, `must not be empty ${WHERE[level]}`)];
  if (level === 'root' && type && type !== 'object') causes.push(wrong(at, type, 'must be object at the root'));
  causes.push(...oneOf(at, type || undefined, TYPES));
  if (type === 'array' && !items) causes.push(required(`${field}.items`, 'must be specified'));
  if (schema['x-kubernetes-map-type']) causes.push(...mustBe('object', 'if x-kubernetes-map-type is specified'));
  if (schema['x-kubernetes-list-type']) causes.push(...mustBe('array', 'if x-kubernetes-list-type is specified'));
  return causes;
}

function keywordCauses(schema: JsonSchema, field: string, level: Level): Cause[] {
  const { additionalProperties, properties, items, pattern, nullable, uniqueItems } = schema;
  const given = schema as Readonly<Record<string, unknown>>;
  const causes = UNSUPPORTED.filter((name) => given[name] !== undefined).map((name) =>
    forbidden(`${field}.${name}`, `${name} is not supported`),
  );
  if (uniqueItems)
    causes.push(
      forbidden(
        `${field}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  if (Array.isArray(items)) causes.push(forbidden(`${field}.items`, 'items must be a schema object and not an array'));
  const others = `${field}.additionalProperties`;
  if (additionalProperties !== undefined) {
    if (level === 'root') causes.push(forbidden(others, 'must not be used at the root'));
    if (Object.keys(properties ?? {}).length > 0 && additionalProperties !== true)
      causes.push(forbidden(others, 'additionalProperties and properties are mutual exclusive'));
  }
  if (nullable && level === 'root') causes.push(forbidden(`${field}.nullable`, 'nullable cannot be true at the root'));
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    causes.push(wrong(`${field}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  causes.push(...patternCauses(pattern, field));
  causes.push(...oneOf(`${field}.x-kubernetes-map-type`, schema['x-kubernetes-map-type'], MAP_TYPES));
  causes.push(...oneOf(`${field}.x-kubernetes-list-type`, schema['x-kubernetes-list-type'], LIST_TYPES));
  return causes;
}

function patternCauses(pattern: string | undefined, field: string): Cause[] {
  const error = pattern ? patternError(pattern) : undefined;
  if (!pattern || error === undefined) return [];
  return [wrong(`${field}.pattern`, pattern, `must be a valid regular expression, but isn't: ${error}`)];
}

function listCauses(schema: JsonSchema, field: string): Cause[] {
  const { 'x-kubernetes-list-type': type, 'x-kubernetes-list-map-keys': keys = [], items } = schema;
  const keysField = `${field}.x-kubernetes-list-map-keys`;
  if (type !== 'map' && keys.length > 0) {
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
    const at = `${field}.x-kubernetes-list-type`;
    return [type === undefined ? required(at, why) : wrong(at, type, why)];
  }
  if ((type !== 'map' && type !== 'set') || !items || Array.isArray(items)) return [];
  const causes: Cause[] = [];
  if (items.nullable)
    causes.push(forbidden(`${field}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${type}`));
  if (type === 'set') return [...causes, ...setCauses(items, `${field}.items`)];
  if (keys.length === 0) causes.push(required(keysField, 'must not be empty if x-kubernetes-list-type is map'));
  if (items.type !== 'object')
    return [
      ...causes,
      wrong(`${field}.items.type`, items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"),
    ];
  if (new Set(keys).size < keys.length) causes.push(wrong(keysField, [...keys], 'must not contain duplicate entries'));
  return [...causes, ...keys.flatMap((key) => keyCauses(key, keys, items, field))];
}

function setCauses(items: JsonSchema, field: string): Cause[] {
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const { type, 'x-kubernetes-list-type': listType, 'x-kubernetes-map-type': mapType } = items;
  if (type === 'array' && listType && listType !== 'atomic')
    return [wrong(`${field}.x-kubernetes-list-type`, listType, why)];
  if (type === 'object' && mapType !== 'atomic') return [wrong(`${field}.x-kubernetes-map-type`, mapType ?? null, why)];
  return [];
}

function keyCauses(key: string, keys: readonly string[], items: JsonSchema, field: string): Cause[] {
  const schema = items.properties?.[key];
  if (!schema)
    return [wrong(`${field}.x-kubernetes-list-map-keys`, [...keys], 'entries must all be names of item properties')];
  const at = `${field}.items.properties[${key}]`;
  const isThere = items.required?.includes(key) || schema.default !== undefined;
  const isScalar = schema.type !== 'array' && schema.type !== 'object';
  const isIn = 'this property is in x-kubernetes-list-map-keys, so it';
  return [
    ...(isScalar
      ? []
      : [
          wrong(
            `${at}.type`,
            items.type ?? '',
            "must be a scalar type if parent array's x-kubernetes-list-type is map",
          ),
        ]),
    ...(isThere ? [] : [required(`${at}.default`, `${isIn} must have a default or be a required property`)]),
    ...(schema.nullable ? [forbidden(`${at}.nullable`, `${isIn} cannot be nullable`)] : []),
  ];
}

/** Of its metadata, a schema may only limit the names. */
function metadataCauses(schema: JsonSchema, field: string, level: Level): Cause[] {
  const { properties = {}, additionalProperties } = schema;
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  if (level !== 'root' && !isEmbedded) return [];
  const causes = ['kind', 'apiVersion'].flatMap((name) => {
    const type = properties[name]?.type ?? '';
    const at = `${field}.properties[${name}].type`;
    return properties[name] && type !== 'string' ? [wrong(at, type, 'must be string')] : [];
  });
  const { metadata } = properties;
  const at = `${field}.properties[metadata]`;
  if (metadata && metadata.type !== 'object') causes.push(wrong(`${at}.type`, metadata.type ?? '', 'must be object'));
  const { type: _, description: __, properties: names = {}, ...rest } = metadata ?? {};
  const isMore =
    Object.keys(rest).length > 0 || Object.keys(names).some((name) => !['name', 'generateName'].includes(name));
  if (metadata && level === 'root' && isMore)
    causes.push(
      forbidden(at, 'must not specify anything other than name and generateName, but metadata is implicitly specified'),
    );
  if (!isEmbedded) return causes;
  if (additionalProperties !== undefined)
    causes.push(
      forbidden(`${field}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'),
    );
  if (!schema['x-kubernetes-preserve-unknown-fields'] && Object.keys(properties).length === 0)
    causes.push(
      required(
        `${field}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    );
  return causes;
}

function combinationCauses(schema: JsonSchema, field: string): Cause[] {
  const { allOf = [], anyOf = [], oneOf: either = [], not } = schema;
  const isPattern = (of: readonly JsonSchema[] | undefined): boolean => isDeepStrictEqual(of, INT_OR_STRING);
  return [
    ...(isPattern(anyOf) ? [] : anyOf.flatMap((one, i) => nestedCauses(one, `${field}.anyOf[${i}]`))),
    ...allOf.flatMap((one, i) => {
      const { anyOf: alternatives, ...rest } = one;
      return nestedCauses(i === 0 && isPattern(alternatives) ? rest : one, `${field}.allOf[${i}]`);
    }),
    ...either.flatMap((one, i) => nestedCauses(one, `${field}.oneOf[${i}]`)),
    ...(not ? nestedCauses(not, `${field}.not`) : []),
  ];
}

function nestedCauses(schema: JsonSchema, field: string): Cause[] {
  const given = schema as Readonly<Record<string, unknown>>;
  const isGiven = (name: string): boolean => Boolean(given[name]) || (given[name] !== undefined && name === 'default');
  const { properties = {}, items, pattern } = schema;
  return [
    ...FORBIDDEN_IN_COMBINATIONS.filter(([name]) => isGiven(name)).map(([name, why]) =>
      forbidden(`${field}.${name}`, why),
    ),
    ...(properties.metadata
      ? [forbidden(`${field}.properties[metadata]`, 'must not be specified in a nested context')]
      : []),
    ...patternCauses(pattern, field),
    ...Object.entries(properties).flatMap(([name, one]) => nestedCauses(one, `${field}.properties[${name}]`)),
    ...(items && !Array.isArray(items) ? nestedCauses(items, `${field}.items`) : []),
    ...combinationCauses(schema, field),
  ];
}

function defaultCauses(schema: JsonSchema, field: string): Cause[] {
  const { default: standard } = schema;
  if (standard === undefined) return [];
  const isWhole = schema['x-kubernetes-embedded-resource'] === true;
  if (!isDeepStrictEqual(prune(standard, schema, [], '', isWhole), standard))
    return [wrong(`${field}.default`, standard, 'must not have unknown fields')];
  return schemaCauses(standard, schema, `${field}.default`);
}
