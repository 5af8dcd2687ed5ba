import type { V1Pod, V1PodList } from '@kubernetes/client-node';
import type { ApiClient } from '../api/client.ts';

/** The pods of a node, in all namespaces. */
export async function podsOn(client: ApiClient, node: string, signal?: AbortSignal): Promise<V1Pod[]> {
  const selector = encodeURIComponent(`spec.nodeName=${node}`);
  return (await client.get<V1PodList>(`/api/v1/pods?fieldSelector=${selector}`, { signal })).items;
}
