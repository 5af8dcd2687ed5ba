import type { ApiClient } from '../../src/kubernetes/api/client.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
/** The kubelet's nodeLeaseDurationSeconds. */
const DURATION_SECONDS = 40;

/** Says that a node lives, in the lease that is its own. */
export async function renewLease(client: ApiClient, nodeName: string): Promise<void> {
  const metadata = { name: nodeName, namespace: 'kube-node-lease' };
  const spec = {
    holderIdentity: nodeName,
    leaseDurationSeconds: DURATION_SECONDS,
    // A time of Kubernetes' own, with microseconds.
    renewTime: new Date().toISOString().replace(/Z$/, '000Z'),
  };
  const found = await client.find(`${LEASES}/${nodeName}`);
  if (found) await client.patch(`${LEASES}/${nodeName}`, { spec });
  else await client.create(LEASES, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
}
