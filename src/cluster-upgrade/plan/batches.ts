import type { NodeRecord, Plan } from './plan.ts';

/** No batch has more than this part of the cluster's nodes. Source: the vendor's guide, "How the upgrade works". */
const LARGEST_PART = 0.1;

/** How many nodes a batch may have at most: a tenth of all nodes of the cluster, and at least one. */
export function batchLimit(nodes: number): number {
  return Math.max(1, Math.floor(nodes * LARGEST_PART));
}

/** {@link batchLimit} of a plan's cluster. */
export function batchLimitOf({ spec, nodes }: Pick<Plan, 'spec' | 'nodes'>): number {
  return batchLimit(spec.clusterNodes ?? nodes.length);
}

/**
 * Size of the batch that comes after one of `last` nodes: one node first, then twice as many each time, up to the limit.
 * @param last 0 at the start and after a pause
 */
export function nextBatchSize(last: number, limit: number): number {
  return Math.min(last === 0 ? 1 : last * 2, limit);
}

/** Sizes of the batches in which so many nodes are upgraded if nothing goes wrong. */
export function batchSizes(waiting: number, limit: number, last = 0): number[] {
  const sizes: number[] = [];
  for (let left = waiting, size = last; left > 0; left -= size) {
    size = nextBatchSize(size, limit);
    sizes.push(Math.min(size, left));
  }
  return sizes;
}

/** By node pool, then by name; numbers in names count as numbers. Nodes of no pool come first. */
export function inOrder(nodes: readonly NodeRecord[]): NodeRecord[] {
  return [...nodes].sort((one, other) => order.compare(one.pool, other.pool) || order.compare(one.name, other.name));
}

/** One for all: making a collator for each comparison takes a hundred times as long. */
const order = new Intl.Collator('en', { numeric: true });
