import type { Json } from '../json.ts';
import type { Cause } from '../status.ts';
import type { DefinedVersion, Names, PrinterColumn, ScalePaths } from './defined.ts';
import type { JsonSchema } from './json-schema.ts';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const LONGEST_LABEL = 63;
const NOT_A_LABEL =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and " +
  "end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is " +
  "'[a-z]([-a-z0-9]*[a-z0-9])?')";
const MOST_SELECTABLE = 8;

/**
 * What is wrong with a version of a kind, beside its schema.
 * Source: apiextensions-apiserver v0.37, pkg/apis/apiextensions/validation/validation.go
 */
export function versionCauses(version: DefinedVersion, field: string): Cause[] {
  const { name, schema, subresources, additionalPrinterColumns = [], selectableFields = [] } = version;
  const { deprecated, deprecationWarning } = version;
  const root = schema?.openAPIV3Schema ?? {};
  const isEarly = deprecationWarning !== undefined && !deprecated;
  return [
    ...labelCauses(name, `${field}.name`),
    ...(isEarly
      ? [wrong(`${field}.deprecationWarning`, deprecationWarning, 'can only be set for deprecated versions')]
      : []),
    ...(subresources?.scale ? scaleCauses(subresources.scale, `${field}.subresources`) : []),
    ...additionalPrinterColumns.flatMap((column, i) => columnCauses(column, `${field}.additionalPrinterColumns[${i}]`)),
    ...selectableFields.flatMap(({ jsonPath }, i) => {
      const others = selectableFields.slice(0, i).map((one) => one.jsonPath);
      return selectableCauses(jsonPath, others, root, `${field}.selectableFields[${i}].jsonPath`);
    }),
    ...(selectableFields.length > MOST_SELECTABLE
      ? [tooMany(`${field}.selectableFields`, selectableFields.length)]
      : []),
  ];
}

/** What is wrong with the names of a kind. */
export function namesCauses(names: Names, field: string): Cause[] {
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names;
  const mixed = 'may have mixed case, but should otherwise match: ';
  return [
    ...(plural ? labelCauses(plural, `${field}.plural`) : []),
    ...(singular ? labelCauses(singular, `${field}.singular`) : []),
    ...(kind ? labelCauses(kind, `${field}.kind`, mixed) : []),
    ...(listKind ? labelCauses(listKind, `${field}.listKind`, mixed) : []),
    ...shortNames.flatMap((name, i) => labelCauses(name, `${field}.shortNames[${i}]`)),
    ...(kind !== '' && kind === listKind
      ? [wrong(`${field}.listKind`, listKind, 'kind and listKind may not be the same')]
      : []),
    ...categories.flatMap((name, i) => labelCauses(name, `${field}.categories[${i}]`)),
  ];
}

function labelCauses(text = '', field = '', mixed = ''): Cause[] {
  const label = mixed ? text.toLowerCase() : text;
  const why = [
    ...(label.length > LONGEST_LABEL ? [`must be no more than ${LONGEST_LABEL} bytes`] : []),
    ...(LABEL.test(label) ? [] : [NOT_A_LABEL]),
  ];
  return why.length > 0 ? [wrong(field, text, `${mixed}${why.join(',')}`)] : [];
}

function required(field: string, why = ''): Cause {
  return { field, reason: 'FieldValueRequired', message: `Required value${why && `: ${why}`}` };
}

function wrong(field: string, value: Json, why: string): Cause {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${why}` };
}

function tooMany(field: string, count: number): Cause {
  const message = `Too many: ${count}: must have at most ${MOST_SELECTABLE} items`;
  return { field, reason: 'FieldValueTooMany', message };
}

function scaleCauses(scale: Partial<ScalePaths>, field: string): Cause[] {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  return [
    ...pathCauses(specReplicasPath, `${field}.scale.specReplicasPath`, ['.spec.'], 'should be a json path under .spec'),
    ...pathCauses(
      statusReplicasPath,
      `${field}.scale.statusReplicasPath`,
      ['.status.'],
      'should be a json path under .status',
    ),
    ...(labelSelectorPath
      ? pathCauses(
          labelSelectorPath,
          `${field}.scale.labelSelectorPath`,
          ['.spec.', '.status.'],
          'should be a json path under either .spec or .status',
        )
      : []),
  ];
}

function pathCauses(path: string | undefined, field: string, below: readonly string[], why: string): Cause[] {
  if (!path) return [required(field)];
  if (!path.startsWith('.')) return [wrong(field, path, 'must be a simple json path starting with .')];
  return below.some((start) => path.startsWith(start)) ? [] : [wrong(field, path, why)];
}

function columnCauses({ name, type, jsonPath }: Partial<PrinterColumn>, field: string): Cause[] {
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  return [
    ...(name ? [] : [required(`${field}.name`)]),
    ...(type ? [] : [required(`${field}.type`, types)]),
    ...(type && !COLUMN_TYPES.includes(type) ? [wrong(`${field}.type`, type, types)] : []),
    ...pathCauses(jsonPath, `${field}.JSONPath`, ['.'], ''),
  ];
}

function selectableCauses(
  path: string | undefined,
  others: readonly string[],
  schema: JsonSchema,
  field: string,
): Cause[] {
  if (!path) return [required(field)];
  const found = path.startsWith('.') ? schemaAt(path.slice(1).split('.'), schema) : undefined;
  if (!found) return [wrong(field, path, 'is an invalid path: does not refer to a valid field')];
  const causes: Cause[] = [];
  if (path.startsWith('.metadata.')) causes.push(wrong(field, path, 'must not point to fields in metadata'));
  if (!['string', 'boolean', 'integer'].includes(found.type ?? ''))
    causes.push(
      wrong(
        field,
        path,
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      ),
    );
  if (others.includes(path))
    causes.push({ field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(path)}` });
  return causes;
}

function schemaAt(names: readonly string[], schema: JsonSchema): JsonSchema | undefined {
  return names.reduce<JsonSchema | undefined>((found, name) => {
    const { properties } = found ?? {};
    return properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
  }, schema);
}
