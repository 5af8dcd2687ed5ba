import { resolved, type Schema } from './schema/index.ts';
import type { Cause } from './status.ts';

/** What the schema of a CustomResourceDefinition does not allow: a field that is missing, a value that is not listed. */
export function structuralCauses(value: unknown, of: Schema, path = ''): Cause[] {
  const schema = resolved(of) ?? {};
  if (Array.isArray(value))
    return value.flatMap((item, i) => structuralCauses(item, schema.items ?? {}, `${path}[${i}]`));
  if (typeof value !== 'object' || value === null) return unlisted(value, schema, path);
  const fields = value as Readonly<Record<string, unknown>>;
  const at = (key: string): string => (path ? `${path}.${key}` : key);
  const missing = (schema.required ?? [])
    .filter((key) => fields[key] === undefined)
    .map((key): Cause => ({ field: at(key), reason: 'FieldValueRequired', message: 'Required value' }));
  const below = Object.entries(schema.properties ?? {})
    .filter(([key]) => key !== 'metadata' && fields[key] !== undefined)
    .flatMap(([key, each]) => structuralCauses(fields[key], each, at(key)));
  return [...missing, ...below];
}

function unlisted(value: unknown, { enum: values }: Schema, field: string): Cause[] {
  if (!values || values.includes(String(value))) return [];
  const listed = values.map((each) => `"${each}"`).join(', ');
  const message = `Unsupported value: "${value}": supported values: ${listed}`;
  return [{ field, reason: 'FieldValueNotSupported', message }];
}
