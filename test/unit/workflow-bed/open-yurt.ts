import type { V1CertificateSigningRequest } from '@kubernetes/client-node';
import type { ApiClient } from '../../../src/kubernetes/api/client.ts';

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/**
 * Approves requests of edge-hubs, as OpenYurt's controller does.
 * @returns what ends it
 */
export function openYurtApprover(admin: ApiClient): () => Promise<void> {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    for await (const { object } of admin.watch<V1CertificateSigningRequest>(`${REQUESTS}?watch=true`, stop.signal)) {
      const { metadata, spec, status } = object;
      if (spec.signerName === 'kubernetes.io/kube-apiserver-client-kubelet' || status?.conditions?.length) continue;
      const conditions = [{ type: 'Approved', status: 'True', reason: 'YurtHubApproved', message: 'approved' }];
      await admin.request('PUT', `${REQUESTS}/${metadata?.name}/approval`, {
        body: { ...object, status: { conditions } },
      });
    }
  };
  const running = run().catch(() => {});
  return () => {
    stop.abort();
    return running;
  };
}
