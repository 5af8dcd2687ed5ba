import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from '../json.ts';
import type { Cause } from '../status.ts';
import { FORMATS } from './formats.ts';
import { type JsonSchema, partsOf } from './json-schema.ts';

/**
 * What a schema does not allow, in the words of Kubernetes.
 * @param path of the value: `spec.replicas`
 */
export function schemaCauses(value: Json, schema: JsonSchema, path = ''): Cause[] {
  if (value === null && schema.nullable) return [];
  const wrongType = typeCause(value, schema, path);
  if (wrongType) return [wrongType];
  const below = partsOf(value, schema).filter((part) => path !== '' || part.path !== '.metadata');
  return [
    ...enumCauses(value, schema, path),
    ...(typeof value === 'string' ? textCauses(value, schema, path) : []),
    ...(typeof value === 'number' ? numberCauses(value, schema, path) : []),
    ...(Array.isArray(value) ? listCauses(value, schema, path) : []),
    ...(isObject(value) ? objectCauses(value, schema, path) : []),
    ...combinedCauses(value, schema, path),
    ...below.flatMap((part) => schemaCauses(part.value, part.schema, joined(path, part.path))),
  ];
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
  if (pattern !== undefined && !matches(pattern, value))
    causes.push(wrong(field, value, `in body should match '${pattern}'`));
  if (FORMATS[format]?.(value) === false)
    causes.push({
      ...wrong(field, value, `in body must be of type ${format}: ${JSON.stringify(value)}`),
      reason: 'FieldValueTypeInvalid',
    });
  return causes;
}

/** A pattern that only Go understands is not checked. */
function matches(pattern: string, text: string): boolean {
  for (const flags of ['u', ''])
    try {
      return new RegExp(pattern, flags).test(text);
    } catch {
      // Without the flag more is allowed, as in Go.
    }
  return true;
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
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf))
    causes.push(wrong(field, value, `in body should be a multiple of ${multipleOf}`));
  return causes;
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
  const { 'x-kubernetes-list-type': listType, 'x-kubernetes-list-map-keys': keys = [] } = schema;
  if (listType !== 'set' && listType !== 'map') return [];
  const identities = value.map((item) =>
    listType === 'map' && isObject(item) ? Object.fromEntries(keys.map((key) => [key, item[key] ?? null])) : item,
  );
  return identities.flatMap((identity, i): Cause[] => {
    const isFirst = identities.findIndex((each) => isDeepStrictEqual(each, identity)) === i;
    const message = `Duplicate value: ${JSON.stringify(identity)}`;
    return isFirst ? [] : [{ field: `${field}[${i}]`, reason: 'FieldValueDuplicate', message }];
  });
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

function combinedCauses(value: Json, { allOf, anyOf, oneOf, not }: JsonSchema, field: string): Cause[] {
  const causesOf = (schemas: readonly JsonSchema[]): Cause[][] =>
    schemas.map((schema) => schemaCauses(value, schema, field));
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
