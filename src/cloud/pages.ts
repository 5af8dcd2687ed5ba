import { invalidAnswer } from './errors.ts';

/** Far more pages than a cluster or an account fills: a server that never stops is not believed. */
const MOST_PAGES = 200;

/** A list that is read page by page. */
export interface Listing {
  readonly endpoint: string;
  readonly action: string;
  /** Items of a page in a request. */
  readonly size: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Of all pages; not all answers have it. */
  readonly total?: number;
}

/**
 * All items of a list. Pages may be smaller than requested, so a short one is the last only if the total is not told.
 * @param ask pages are counted from 1
 * @throws EdgeadmError CLOUD_ANSWER_INVALID for pages without end
 */
export async function allPages<T>(
  { endpoint, action, size }: Listing,
  ask: (number: number) => Promise<Page<T>>,
): Promise<T[]> {
  const found: T[] = [];
  for (let number = 1; number <= MOST_PAGES; number++) {
    const { items, total } = await ask(number);
    found.push(...items);
    const isLast = total === undefined ? items.length < size : found.length >= total;
    if (isLast || items.length === 0) return found;
  }
  throw invalidAnswer({ endpoint, action }, `it has more than ${MOST_PAGES} pages`);
}
