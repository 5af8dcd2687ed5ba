import { EdgeadmError } from '../../errors/index.ts';
import { type ApiClient, apiErrorOf } from './client.ts';
import { checkedObject } from './object-shape.ts';

/** kubectl's own size of a page. */
const PAGE = 500;
/** More pages than a list of a cluster has, so that a server cannot keep a command forever. */
const MAX_PAGES = 10_000;
/** A token is good for five minutes or more: a list that takes longer so often never comes to its end. */
const MAX_STARTS = 3;

interface Page<T> {
  readonly metadata?: { readonly continue?: unknown };
  readonly items?: readonly T[];
}

export interface ListOptions<T, U> {
  /** What is kept of an object, undefined for none: ten thousand nodes do not fit into memory well. */
  readonly keep: (item: T) => U | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Lists objects page by page. If the token of the next page has expired (410) it starts again: the token that comes
 * with the error would continue with a list in which objects may be missing.
 * @param path of the list, with or without a query
 * @throws EdgeadmError API_ERROR, API_UNREACHABLE
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */
export async function listAll<T, U = T>(
  client: ApiClient,
  path: string,
  { keep, signal }: ListOptions<T, U>,
): Promise<U[]> {
  let kept: U[] = [];
  let next: string | undefined;
  let starts = 1;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(next && { continue: next }) });
    const page = await client
      .get<Page<T> | null>(`${path}${path.includes('?') ? '&' : '?'}${query}`, { signal })
      .catch((error: unknown) => {
        if (next === undefined || apiErrorOf(error)?.status !== 410 || starts === MAX_STARTS) throw error;
        return 'expired' as const;
      });
    if (page === 'expired') {
      starts += 1;
      [kept, next] = [[], undefined];
      continue;
    }
    for (const item of itemsOf(page, path)) {
      const part = keep(checkedObject(item, path));
      if (part !== undefined) kept.push(part);
    }
    const more = page?.metadata?.continue;
    if (typeof more !== 'string' || more === '') return kept;
    next = more;
  }
  throw notList(path, `it has more than ${MAX_PAGES} pages`);
}

/** Lists objects and keeps all of each. See {@link listAll}. */
export function listWhole<T>(client: ApiClient, path: string, signal?: AbortSignal): Promise<T[]> {
  return listAll<T>(client, path, { keep: (item) => item, signal });
}

/** Go writes a list of none as null. */
function itemsOf<T>(page: Page<T> | null, path: string): readonly T[] {
  if (typeof page !== 'object' || page === null) throw notList(path, `it is ${JSON.stringify(page)}`);
  const items: unknown = page.items ?? [];
  if (!Array.isArray(items) || items.some((item) => typeof item !== 'object' || item === null))
    throw notList(path, 'its items are not objects');
  return items as T[];
}

function notList(path: string, why: string): EdgeadmError {
  return new EdgeadmError({
    code: 'API_ERROR',
    what: `the API server's answer to GET ${path.split('?')[0]} is not a list`,
    why,
    next: 'Check the address: it may not be an API server, or a proxy may answer in its place.',
  });
}
