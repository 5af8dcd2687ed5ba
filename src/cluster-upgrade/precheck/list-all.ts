import type { ApiClient } from '../../kubernetes/api/client.ts';

/** kubectl's own size of a page. */
const PAGE = 500;
/** A page of large objects over a slow line. */
const TIMEOUT_MS = 30_000;

interface Page<T> {
  readonly metadata?: { readonly continue?: string };
  readonly items?: readonly T[];
}

/**
 * Lists objects page by page and keeps of each only what is asked for: ten thousand nodes do not fit into memory well.
 * @param path of the list, without a query or with one
 * @param keep gives what is kept of an object, undefined for none
 * @throws EdgeadmError API_ERROR, API_UNREACHABLE
 */
export async function listAll<T, U>(
  client: ApiClient,
  path: string,
  keep: (item: T) => U | undefined,
  signal: AbortSignal,
): Promise<U[]> {
  const kept: U[] = [];
  let next: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(PAGE), ...(next && { continue: next }) });
    const url = `${path}${path.includes('?') ? '&' : '?'}${query}`;
    const page: Page<T> = await client.get(url, { signal, timeoutMs: TIMEOUT_MS });
    for (const item of page.items ?? []) {
      const part = keep(item);
      if (part !== undefined) kept.push(part);
    }
    next = page.metadata?.continue || undefined;
  } while (next);
  return kept;
}

/** Several lists as one. As Promise.all, but nothing still runs when it fails: the client may be closed then. */
export async function joined<T>(lists: readonly Promise<readonly T[]>[]): Promise<T[]> {
  await Promise.allSettled(lists);
  return (await Promise.all(lists)).flat();
}
