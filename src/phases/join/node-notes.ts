import type { V1CertificateSigningRequest, V1Node } from '@kubernetes/client-node';
import type { ApiClient } from '../../kubernetes/api/client.ts';

/** What is asked here is worth a word, not a wait. */
const TIMEOUT_MS = 10_000;
const SERVING_SIGNER = 'kubernetes.io/kubelet-serving';

/**
 * The names of other Nodes with the same machine-id: machines that were cloned, of which each takes the other's
 * addresses and volumes for its own. Of a large cluster the first 200 are checked, and none if a node may list only
 * itself (1.32 and later).
 */
export async function nodesWithSameMachineId(client: ApiClient, name: string, machineId: string): Promise<string[]> {
  if (machineId === '') return [];
  const path = '/api/v1/nodes?limit=200&resourceVersion=0';
  const nodes = await itemsOf<V1Node>(client, path);
  return nodes
    .filter((node) => node.metadata?.name !== name && node.status?.nodeInfo?.machineID === machineId)
    .map((node) => node.metadata?.name ?? '');
}

/**
 * What to tell of a kubelet that asks the cluster for its serving certificate (`serverTLSBootstrap`), since no
 * controller of Kubernetes approves it: `kubectl logs` and `exec` fail until an administrator does. undefined if it has
 * one.
 */
export async function servingRequestOf(client: ApiClient, name: string): Promise<string | undefined> {
  const user = `system:node:${name}`;
  const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const requests = (await itemsOf<V1CertificateSigningRequest>(client, path)).filter(
    ({ spec }) => spec.username === user && spec.signerName === SERVING_SIGNER,
  );
  if (requests.some(({ status }) => status?.certificate)) return undefined;
  const waiting = requests.findLast(({ status }) => (status?.conditions ?? []).length === 0)?.metadata?.name;
  return `The kubelet waits for its serving certificate (serverTLSBootstrap): kubectl logs and exec fail until it is approved: kubectl certificate approve ${waiting ?? 'NAME   (kubectl get csr names it)'}`;
}

/** None if the node may not list them. */
async function itemsOf<T>(client: ApiClient, path: string): Promise<readonly T[]> {
  const answer = await client
    .send<{ readonly items?: unknown }>('GET', path, { timeoutMs: TIMEOUT_MS })
    .catch(() => undefined);
  const items = answer?.status === 200 ? answer.body?.items : undefined;
  return Array.isArray(items) ? (items as T[]) : [];
}
