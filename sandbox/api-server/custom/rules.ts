import { isDeepStrictEqual } from 'node:util';
import { canonicalJson, isObject, type Json, type JsonObject } from '../json.ts';
import type { Cause } from '../status.ts';
import { isOfFormat } from './formats.ts';
import { type JsonSchema, partsOf } from './json-schema.ts';
import { hasPattern, patternError } from './patterns.ts';

/**
 * What a schema does not allow, in the words of Kubernetes.
 * @param path of the value: `spec.replicas`
 * @param before what the value was: what has not changed is allowed, whatever the schema says of it now
 */
export function schemaCauses(value: Json, schema: JsonSchema, path = '', before?: Json): Cause[] {
  const causes = causesNow(value, schema, path, before);
  return causes.length > 0 && before !== undefined && isDeepStrictEqual(value, before) ? [] : causes;
}

function causesNow(value: Json, schema: JsonSchema, path: string, before: Json | undefined): Cause[] {
  if (value === null && schema.nullable) return [];
  const wrongType = typeCause(value, schema, path);
  if (wrongType) return [wrongType];
  const was = earlierParts(before, schema);
  const below = partsOf(value, schema);
  return [
    ...enumCauses(value, schema, path),
    ...(typeof value === 'string' ? textCauses(value, schema, path) : []),
    ...(typeof value === 'number' ? numberCauses(value, schema, path) : []),
    ...(Array.isArray(value) ? listCauses(value, schema, path) : []),
    ...(isObject(value) ? objectCauses(value, schema, path) : []),
    ...(schema['x-kubernetes-embedded-resource'] && isObject(value) ? embeddedCauses(value, path) : []),
    ...combinedCauses(value, schema, path, before),
    ...below.flatMap((part) => schemaCauses(part.value, part.schema, joined(path, part.path), was(part))),
  ];
}

/** Finds what a field was, or the item of a list that has the same keys. Other items are not the same ones. */
function earlierParts(
  before: Json | undefined,
  schema: JsonSchema,
): (part: { path: string; value: Json }) => Json | undefined {
  if (Array.isArray(before)) {
    const items = new Map(before.map((item) => [identityOf(item, schema), item]));
    return ({ value }) =>
      schema['x-kubernetes-list-type'] === 'map' ? items.get(identityOf(value, schema)) : undefined;
  }
  if (!isObject(before)) return () => undefined;
  return ({ path }) => (Object.hasOwn(before, path.slice(1)) ? before[path.slice(1)] : undefined);
}

/** Source: apiextensions-apiserver v0.37, pkg/apiserver/schema/objectmeta/validation.go */
function embeddedCauses(value: JsonObject, path: string): Cause[] {
  return ['apiVersion', 'kind'].flatMap((name): Cause[] => {
    const field = `${path}.${name}`;
    const given = value[name];
    if (given === undefined) return [{ field, reason: 'FieldValueRequired', message: 'Required value' }];
    const rule = typeof given !== 'string' ? 'must be a string' : given === '' ? 'must not be empty' : undefined;
    const message = `Invalid value: ${JSON.stringify(given)}: ${rule}`;
    return rule === undefined ? [] : [{ field, reason: 'FieldValueInvalid', message }];
  });
}

function joined(path: string, part: string): string {
  return path === '' ? part.replace(/^\./, '') : `${path}${part}`;
}

function wrong(field: string, value: Json, rule: string): Cause {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${field} ${rule}` };
}

function typeCause(value: Json, schema: JsonSchema, field: string): Cause | undefined {
  const { type, 'x-kubernetes-int-or-string': isEither } = schema;
  const found = typeOf(value);
  const wanted = isEither ? ['integer', 'string'] : type ? [type] : [];
  const fits = wanted.length === 0 || wanted.includes(found) || (found === 'integer' && wanted.includes('number'));
  if (fits) return undefined;
  const message = `Invalid value: "${found}": ${field} in body must be of type ${wanted.join(',')}: "${found}"`;
  return { field, reason: 'FieldValueTypeInvalid', message };
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function enumCauses(value: Json, { enum: allowed }: JsonSchema, field: string): Cause[] {
  if (!allowed || allowed.some((each) => isDeepStrictEqual(each, value))) return [];
  const listed = allowed.map((each) => `"${typeof each === 'string' ? each : JSON.stringify(each)}"`).join(', ');
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${listed}`;
  return [{ field, reason: 'FieldValueNotSupported', message }];
}

function textCauses(value: string, schema: JsonSchema, field: string): Cause[] {
  const { maxLength = Number.POSITIVE_INFINITY, minLength = 0, pattern, format = '' } = schema;
  const length = [...value].length;
  const causes: Cause[] = [];
  if (length > maxLength)
    causes.push({
      field,
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${counted(maxLength, 'byte')}`,
    });
  if (length < minLength) causes.push(wrong(field, value, `in body should be at least ${minLength} chars long`));
  if (pattern && patternError(pattern) === undefined && !hasPattern(value, pattern))
    causes.push(wrong(field, value, `in body should match '${pattern}'`));
  if ([undefined, 'string'].includes(schema.type) && !isOfFormat(value, format))
    causes.push({
      ...wrong(field, value, `in body must be of type ${format}: ${JSON.stringify(value)}`),
      reason: 'FieldValueTypeInvalid',
    });
  return causes;
}

function numberCauses(value: number, schema: JsonSchema, field: string): Cause[] {
  const { maximum, minimum, exclusiveMaximum, exclusiveMinimum, multipleOf } = schema;
  const causes: Cause[] = [];
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    causes.push(wrong(field, value, `in body should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`));
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    causes.push(
      wrong(field, value, `in body should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`),
    );
  if (multipleOf !== undefined && !isMultiple(value, multipleOf))
    causes.push(wrong(field, value, `in body should be a multiple of ${multipleOf}`));
  return causes;
}

/** Numbers that are nearer to each other are the same: 0.07 is not a multiple of 0.01 in floating point. */
const SAME = 1e-9;

/** Source: k8s.io/kube-openapi, pkg/validation/validate/values.go */
function isMultiple(value: number, factor: number): boolean {
  const times = factor < 1 ? (1 / factor) * value : value / factor;
  const whole = Math.trunc(times);
  return times === whole || Math.abs(times - whole) / (Math.abs(times) + Math.abs(whole)) < SAME;
}

function listCauses(value: Json[], schema: JsonSchema, field: string): Cause[] {
  const { maxItems = Number.POSITIVE_INFINITY, minItems = 0 } = schema;
  const causes = tooMany(value.length, maxItems, field);
  if (value.length < minItems)
    causes.push(wrong(field, value.length, `in body should have at least ${minItems} items`));
  return [...causes, ...duplicateCauses(value, schema, field)];
}

/** Items of a set are different, those of a map in their keys. */
function duplicateCauses(value: Json[], schema: JsonSchema, field: string): Cause[] {
  if (!['set', 'map'].includes(schema['x-kubernetes-list-type'] ?? '')) return [];
  const found = new Set<string>();
  return value.flatMap((item, i): Cause[] => {
    const identity = identityOf(item, schema);
    const isFirst = !found.has(identity);
    found.add(identity);
    const message = `Duplicate value: ${identity}`;
    return isFirst ? [] : [{ field: `${field}[${i}]`, reason: 'FieldValueDuplicate', message }];
  });
}

/** What no other item of its list may have. */
function identityOf(item: Json, schema: JsonSchema): string {
  const { 'x-kubernetes-list-type': listType, 'x-kubernetes-list-map-keys': keys = [] } = schema;
  const isOfMap = listType === 'map' && isObject(item);
  return canonicalJson(isOfMap ? Object.fromEntries(keys.map((key) => [key, item[key] ?? null])) : item);
}

function objectCauses(value: JsonObject, schema: JsonSchema, field: string): Cause[] {
  const { required = [], maxProperties = Number.POSITIVE_INFINITY, minProperties = 0 } = schema;
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name): Cause => {
      return { field: joined(field, `.${name}`), reason: 'FieldValueRequired', message: 'Required value' };
    });
  const count = Object.keys(value).length;
  const causes = tooMany(count, maxProperties, field);
  if (count < minProperties)
    causes.push(wrong(field, count, `in body should have at least ${minProperties} properties`));
  return [...missing, ...causes];
}

function tooMany(count: number, most: number, field: string): Cause[] {
  if (count <= most) return [];
  const message = `Too many: ${count}: must have at most ${counted(most, 'item')}`;
  return [{ field, reason: 'FieldValueTooMany', message }];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function combinedCauses(
  value: Json,
  { allOf, anyOf, oneOf, not }: JsonSchema,
  field: string,
  before: Json | undefined,
): Cause[] {
  const causesOf = (schemas: readonly JsonSchema[]): Cause[][] =>
    schemas.map((schema) => schemaCauses(value, schema, field, before));
  const holds = (causes: readonly Cause[]): boolean => causes.length === 0;
  const found: Cause[] = [];
  if (allOf) found.push(...causesOf(allOf).flat());
  if (anyOf && !causesOf(anyOf).some(holds)) found.push(of(field, 'must validate at least one schema (anyOf)'));
  const ones = oneOf ? causesOf(oneOf).filter(holds).length : 1;
  if (ones !== 1) {
    const why = ones === 0 ? 'Found none valid' : `Found ${ones} valid alternatives`;
    found.push(of(field, `must validate one and only one schema (oneOf). ${why}`));
  }
  if (not && holds(schemaCauses(value, not, field))) found.push(of(field, 'must not validate the schema (not)'));
  return found;
}

/** Kubernetes names the field of such a rule in the text alone. */
function of(field: string, rule: string): Cause {
  return { field: '<nil>', reason: 'FieldValueInvalid', message: `Invalid value: "": "${field}" ${rule}` };
}
