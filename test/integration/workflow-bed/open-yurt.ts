import type { V1CertificateSigningRequest } from '@kubernetes/client-node';
import type { ApiClient } from '../../../src/kubernetes/api/client.ts';

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/** As `kubectl certificate approve` does. */
export async function approve(admin: ApiClient, name: string): Promise<void> {
  const request = await admin.get<V1CertificateSigningRequest>(`${REQUESTS}/${name}`);
  const conditions = [{ type: 'Approved', status: 'True', reason: 'YurtHubApproved', message: 'approved' }];
  await admin.request('PUT', `${REQUESTS}/${name}/approval`, { body: { ...request, status: { conditions } } });
}

/**
 * Approves requests of edge-hubs, as OpenYurt's controller does.
 * @returns what ends it
 */
export function openYurtApprover(admin: ApiClient, takes = (_signer: string) => true): () => Promise<void> {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    for await (const { object } of admin.watch<V1CertificateSigningRequest>(`${REQUESTS}?watch=true`, stop.signal)) {
      const { metadata, spec, status } = object;
      if (spec.signerName === 'kubernetes.io/kube-apiserver-client-kubelet' || status?.conditions?.length) continue;
      if (!takes(spec.signerName)) continue;
      await approve(admin, metadata?.name ?? '');
    }
  };
  const running = run().catch(() => {});
  return () => {
    stop.abort();
    return running;
  };
}

/** A node pool of that name, which newer edge-hubs ask for. */
export async function createPool(admin: ApiClient, name: string): Promise<void> {
  const apiVersion = 'apps.openyurt.io/v1beta1';
  await admin.create(`/apis/${apiVersion}/nodepools`, {
    apiVersion,
    kind: 'NodePool',
    metadata: { name },
    spec: { type: 'Edge' },
  });
}
