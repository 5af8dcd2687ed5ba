import type { X509Certificate } from 'node:crypto';
import { edgeHubLayouts } from '../edge-hub/edge-hub.ts';
import type { Host } from '../host/host.ts';
import { PATHS } from '../host/node-paths.ts';
import { readIfFile } from '../host/read-if-file.ts';
import type { ApiConnection } from '../kubernetes/api/client.ts';
import { serverIn } from '../kubernetes/kubeconfig/parse.ts';
import { type CertificateKeyPair, keyPairIn } from '../pki/key-pair.ts';

/** Who a node is to its cluster. */
export interface NodeCredentials {
  readonly nodeName: string;
  readonly connection: ApiConnection;
}

/**
 * What a node still holds of its certificates: the kubelet's, else edge-hub's.
 * @returns undefined if certificate, CA or address are gone
 */
export async function nodeCredentials(host: Pick<Host, 'read'>): Promise<NodeCredentials | undefined> {
  const [ca, pair, servers] = await Promise.all([
    readIfFile(host, PATHS.kubernetes.caCertificate),
    readPair(host),
    readServers(host),
  ]);
  if (!ca || !pair || servers.length === 0) return undefined;
  const { certificate, cert, key } = pair;
  const nodeName = nodeNameIn(certificate);
  return nodeName ? { nodeName, connection: { servers, ca, cert, key } } : undefined;
}

/** The one that is good for longest: kubelet and hub each renew their own, and the other's may have expired long ago. */
async function readPair(host: Pick<Host, 'read'>): Promise<CertificateKeyPair | undefined> {
  const hubs = hubLayouts().flatMap(({ pkiDirectory }) =>
    ['edge-hub', 'yurthub'].map((program) => `${pkiDirectory}/${program}-current.pem`),
  );
  const texts = await Promise.all([PATHS.kubelet.clientCertificate, ...hubs].map((path) => readIfFile(host, path)));
  const pairs = texts.flatMap((text) => keyPairIn(text) ?? []);
  return pairs.sort((a, b) => endOf(b) - endOf(a))[0];
}

/** The kubelet of an edge node speaks to its hub, and the hub to the API server. */
async function readServers(host: Pick<Host, 'read'>): Promise<string[]> {
  const servers: string[] = [];
  for (const path of [PATHS.kubelet.kubeconfig, ...hubLayouts().map(({ kubeconfigPath }) => kubeconfigPath)]) {
    const server = serverIn(await readIfFile(host, path));
    if (server?.startsWith('https:') && !servers.includes(server)) servers.push(server);
  }
  return servers;
}

function endOf({ certificate }: CertificateKeyPair): number {
  return certificate.validToDate.getTime();
}

function hubLayouts() {
  return [...edgeHubLayouts('ack'), ...edgeHubLayouts('openyurt')];
}

function nodeNameIn({ subject }: X509Certificate): string | undefined {
  return /^CN=system:node:(.+)$/m.exec(subject)?.[1];
}
