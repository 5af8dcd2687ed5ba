import type { V1EndpointSlice, V1Endpoints } from '@kubernetes/client-node';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { findGroup } from '../../kubernetes/api/discovery.ts';
import { listWhole } from '../../kubernetes/api/list.ts';
import { endpointsOf, endpointsOfSlices, type ServiceEndpoint } from './reach.ts';

const SLICES = 'discovery.k8s.io/v1';

/**
 * The endpoints of a Service: of its EndpointSlices, in clusters that serve them (1.21), else of its Endpoints. A
 * Service whose Endpoints were made by hand may have no slices.
 */
export async function readEndpoints(
  client: ApiClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<ServiceEndpoint[]> {
  const [space, service] = [namespace, name].map(encodeURIComponent);
  const group = await findGroup(client, 'discovery.k8s.io', signal);
  if (group?.versions.includes(SLICES)) {
    const selector = encodeURIComponent(`kubernetes.io/service-name=${name}`);
    const path = `/apis/${SLICES}/namespaces/${space}/endpointslices?labelSelector=${selector}`;
    const slices = await listWhole<V1EndpointSlice>(client, path, signal);
    if (slices.length > 0) return endpointsOfSlices(slices);
  }
  return endpointsOf(await client.find<V1Endpoints>(`/api/v1/namespaces/${space}/endpoints/${service}`, { signal }));
}
