import type { V1Pod } from '@kubernetes/client-node';
import type { ApiClient } from '../api/client.ts';
import { listWhole } from '../api/list.ts';

/** The pods of a node, in all namespaces. */
export function podsOn(client: ApiClient, node: string, signal?: AbortSignal): Promise<V1Pod[]> {
  return listWhole(client, `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`, signal);
}
