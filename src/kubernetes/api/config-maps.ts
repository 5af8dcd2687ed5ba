import type { V1ConfigMap } from '@kubernetes/client-node';
import type { ChangeRequest } from './change.ts';
import type { ApiClient } from './client.ts';

const NAMESPACE = 'kube-system';

const pathOf = (name: string): string => `/api/v1/namespaces/${NAMESPACE}/configmaps/${name}`;

/** A ConfigMap of kube-system; undefined if it does not exist. */
export async function configMapOf(
  client: ApiClient,
  name: string,
  signal?: AbortSignal,
): Promise<V1ConfigMap | undefined> {
  return client.find<V1ConfigMap>(pathOf(name), { signal });
}

/**
 * A change of some keys of it; it is created if it does not exist.
 * @param data what to set; null removes a key
 */
export function configMapChange(
  name: string,
  before: V1ConfigMap | undefined,
  data: Readonly<Record<string, string | null>>,
): ChangeRequest {
  const whole = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE }, data };
  return {
    name: `configmap/${name}`,
    path: pathOf(name),
    before: before && { ...before, apiVersion: 'v1', kind: 'ConfigMap' },
    patch: before ? { data } : whole,
    isDerived: true,
  };
}
