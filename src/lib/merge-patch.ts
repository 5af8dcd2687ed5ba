import { isDeepStrictEqual } from 'node:util';

type Fields = Readonly<Record<string, unknown>>;

/** The JSON merge patch (RFC 7386) that makes `after` of `before`; undefined if they are the same. */
export function mergePatch(before: unknown, after: unknown): unknown {
  if (isDeepStrictEqual(before, after)) return undefined;
  if (!isFields(before) || !isFields(after)) return after;
  const removed = Object.keys(before).filter((key) => after[key] === undefined);
  const changed = Object.entries(after)
    .map(([key, value]) => [key, mergePatch(before[key], value)] as const)
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries([...removed.map((key) => [key, null] as const), ...changed]);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
