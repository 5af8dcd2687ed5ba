/**
 * What a record has at a key that somebody else has chosen: an object of JavaScript also has `constructor` and `toString`,
 * which are no labels.
 */
export function ownValue<T>(record: Readonly<Record<string, T>> | undefined | null, key: string): T | undefined {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}
