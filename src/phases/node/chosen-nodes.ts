import type { V1Node } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import { usageError } from '../../errors/usage.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { poolLabelOf } from '../../kubernetes/api/node-pools.ts';
import { listNodes } from '../../kubernetes/node/list-nodes.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';
import { closest } from '../../lib/closest.ts';

/** Which nodes a command is about: by name, or all that match. */
export interface NodeQuery {
  readonly names: readonly string[];
  readonly selector?: string;
  readonly nodepool?: string;
}

/**
 * The nodes of a query, sorted by name. Names are read in one list: a mistake in one of them is found before anything
 * is changed.
 * @throws EdgeadmError NODE_NOT_FOUND, USAGE if nothing matches
 */
export async function chosenNodes(client: ApiClient, query: NodeQuery, signal?: AbortSignal): Promise<V1Node[]> {
  const { names, selector, nodepool } = query;
  const all = await listNodes(client, { selector, signal });
  const inPool = all.filter((node) => nodepool === undefined || poolLabelOf(node) === nodepool);
  const missing = names.filter((name) => !inPool.some((node) => nodeNameOf(node) === name));
  if (missing.length > 0) throw nodesNotFound(missing, inPool.map(nodeNameOf));
  const chosen = names.length === 0 ? inPool : inPool.filter((node) => names.includes(nodeNameOf(node)));
  return chosen.sort((a, b) => nodeNameOf(a).localeCompare(nodeNameOf(b)));
}

/**
 * The same for a command that changes nodes: without a name or a filter there are none.
 * @throws EdgeadmError USAGE as well
 */
export async function nodesToChange(client: ApiClient, query: NodeQuery, signal?: AbortSignal): Promise<V1Node[]> {
  const { names, selector, nodepool } = query;
  if (names.length === 0 && selector === undefined && nodepool === undefined)
    throw usageError(['no node given: name nodes, or use --selector or --nodepool']);
  const chosen = await chosenNodes(client, query, signal);
  if (chosen.length > 0) return chosen;
  const how = [selector && `--selector ${selector}`, nodepool && `--nodepool ${nodepool}`]
    .filter(Boolean)
    .join(' and ');
  throw new EdgeadmError({ code: 'NODE_NOT_FOUND', what: `no node matches ${how}`, why: 'nothing was changed' });
}

/** @param known the nodes among which they were looked for */
export function nodesNotFound(missing: readonly string[], known: readonly string[]): EdgeadmError {
  const lines = missing.flatMap((name) => {
    const near = closest(name, known);
    if (near) return [`${name}: did you mean ${near}?`];
    return missing.length > 1 ? [`${name}: not found`] : [];
  });
  return new EdgeadmError({
    code: 'NODE_NOT_FOUND',
    what: missing.length === 1 ? `node ${missing[0]} not found` : `${missing.length} nodes not found`,
    why: lines.join('\n') || undefined,
  });
}
