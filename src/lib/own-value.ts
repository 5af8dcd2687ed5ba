/**
 * What a record has at a key from outside, such as the key of a label: an object of JavaScript also has `constructor` and
 * `toString`.
 */
export function ownValue<T>(record: Readonly<Record<string, T>> | undefined | null, key: string): T | undefined {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}
