import type { V1Node } from '@kubernetes/client-node';
import { isOffline, nodeNameOf } from '../../kubernetes/node/node.ts';
import { objects } from './objects.ts';

/** `3 nodes: a, b, c` */
export function nodesText(nodes: readonly V1Node[]): string {
  return objects('node', nodes.map(nodeNameOf));
}

/** What would be an error is a warning if only nodes have it that are offline: those are skipped. */
export function severityOf(nodes: readonly V1Node[]): 'error' | 'warning' {
  return nodes.every(isOffline) ? 'warning' : 'error';
}
