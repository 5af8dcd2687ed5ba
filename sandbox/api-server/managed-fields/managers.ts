import type { JsonObject } from '../json.ts';
import { type FieldSet, fromFieldsV1, toFieldsV1 } from './field-set.ts';

/** Who owns fields of an object, as an entry of metadata.managedFields says it. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
  readonly fields: FieldSet;
}

/** True if both are the same owner: an applier is the same in every version of the API. */
export function isSameManager(one: Manager, other: Manager): boolean {
  const keys = ['manager', 'operation', 'subresource'] as const;
  return (
    keys.every((key) => one[key] === other[key]) && (one.operation === 'Apply' || one.apiVersion === other.apiVersion)
  );
}

export function readManagers(entries: unknown): Manager[] {
  return ((entries ?? []) as JsonObject[])
    .filter(({ manager }) => manager !== undefined)
    .map(({ manager, operation, apiVersion, subresource, time, fieldsV1 }) => ({
      manager: String(manager),
      operation: operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: String(apiVersion ?? ''),
      subresource: String(subresource ?? ''),
      time: String(time ?? ''),
      fields: fromFieldsV1(fieldsV1),
    }));
}

/** Appliers first, then by time; an owner of nothing is none. */
export function writeManagers(managers: readonly Manager[]): JsonObject[] {
  return managers
    .filter(({ fields }) => fields.size > 0)
    .sort((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1))
    .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
      manager,
      operation,
      apiVersion,
      time,
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
      ...(subresource && { subresource }),
    }));
}

function sortKey({ operation, time, manager, apiVersion }: Manager): string {
  return [operation, time, manager, apiVersion].join(' ');
}

/** `"kubectl" using v1`: how conflicts name an owner. */
export function shownManager({ manager, operation, apiVersion, subresource, time }: Manager): string {
  const name = JSON.stringify(manager) + (subresource && ` with subresource ${JSON.stringify(subresource)}`);
  return operation === 'Apply' ? name : `${name} using ${apiVersion}${time && ` at ${time}`}`;
}
