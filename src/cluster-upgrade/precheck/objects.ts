import { count } from '../../lib/count.ts';

/** As many are named; the rest is counted. */
const NAMED = 10;

/** `3 nodes: a, b, c`; of many the first ten and how many more. */
export function objects(noun: string, names: readonly string[]): string {
  const shown = [...names].sort().slice(0, NAMED).join(', ');
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${count(noun, names.length)}: ${shown}${more}`;
}

/** Items by a key, in the order in which the keys first appear; items without one are left out. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
