import type { V1Node } from '@kubernetes/client-node';
import type { ApiClient } from '../api/client.ts';
import { listAll } from '../api/list.ts';

export interface NodeSelection {
  /** A label selector; default: all nodes. */
  readonly selector?: string;
  readonly signal?: AbortSignal;
}

/** The nodes of the cluster. @throws EdgeadmError API_ERROR, API_UNREACHABLE */
export function listNodes(client: ApiClient, { selector, signal }: NodeSelection = {}): Promise<V1Node[]> {
  const query = selector === undefined ? '' : `?labelSelector=${encodeURIComponent(selector)}`;
  return listAll<V1Node>(client, `/api/v1/nodes${query}`, { keep: withoutBulk, signal });
}

/** Most of what a node is, and nothing that edgeadm asks for: of 10,000 nodes a hundred megabytes. */
function withoutBulk(node: V1Node): V1Node {
  delete node.metadata?.managedFields;
  delete node.status?.images;
  return node;
}
