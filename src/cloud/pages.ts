import { invalidAnswer } from './errors.ts';

/** Far more pages than a cluster or an account fills: a server that never stops is not believed. */
const MOST_PAGES = 200;

/** A list that is read page by page. */
export interface Listing<T> {
  readonly endpoint: string;
  readonly action: string;
  /** Items of a page in a request. */
  readonly size: number;
  /** What an item is known by: one that is on two pages, because others came or went between them, is one. */
  readonly key?: (item: T) => string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Of all pages; not all answers have it. */
  readonly total?: number;
}

/**
 * All items of a list. Pages may be smaller than requested, so a short one is the last only if the total is not told, or
 * if it cannot be right because more items came.
 * @param ask pages are counted from 1
 * @throws EdgeadmError CLOUD_ANSWER_INVALID for pages without end
 */
export async function allPages<T>(
  { endpoint, action, size, key }: Listing<T>,
  ask: (number: number) => Promise<Page<T>>,
): Promise<T[]> {
  const found: T[] = [];
  const known = new Set<string>();
  const isNew = (item: T): boolean => {
    if (!key) return true;
    const before = known.size;
    return known.add(key(item)).size > before;
  };
  for (let number = 1; number <= MOST_PAGES; number++) {
    const { items, total } = await ask(number);
    const fresh = items.filter(isNew);
    found.push(...fresh);
    const isShort = items.length < size;
    const isLast = total === undefined ? isShort : found.length === total || (found.length > total && isShort);
    if (isLast || items.length === 0) return found;
    if (fresh.length === 0) throw invalidAnswer({ endpoint, action }, `page ${number} has only items of earlier pages`);
  }
  throw invalidAnswer({ endpoint, action }, `it has more than ${MOST_PAGES} pages`);
}
