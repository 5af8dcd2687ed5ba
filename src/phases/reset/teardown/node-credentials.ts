import { X509Certificate } from 'node:crypto';
import { edgeHubLayouts } from '../../../edge-hub/edge-hub.ts';
import type { Host } from '../../../host/host.ts';
import { PATHS } from '../../../host/node-paths.ts';
import type { ApiConnection } from '../../../kubernetes/api/client.ts';
import { lenientYaml } from '../../../lib/lenient-yaml.ts';
import { registerSecret } from '../../../lib/redact.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/g;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----\n?/;

/** Who a node is to its cluster. */
export interface NodeCredentials {
  readonly nodeName: string;
  readonly connection: ApiConnection;
}

interface Kubeconfig {
  readonly clusters?: { readonly cluster?: { readonly server?: string } }[];
}

/**
 * What a node still holds of its certificates: the kubelet's, else edge-hub's.
 * @returns undefined where certificate, CA or address are gone
 */
export async function nodeCredentials(host: Host): Promise<NodeCredentials | undefined> {
  const [ca, pair, servers] = await Promise.all([
    host.read(PATHS.kubernetes.caCertificate),
    readPair(host),
    readServers(host),
  ]);
  if (!ca || !pair || servers.length === 0) return undefined;
  const nodeName = nodeNameIn(pair.cert);
  return nodeName ? { nodeName, connection: { servers, ca, ...pair } } : undefined;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** The one that is good for longest: kubelet and hub each renew their own, and the other's may have expired long ago. */
async function readPair(host: Host): Promise<Pair | undefined> {
  const pairs: Pair[] = [];
  const hubs = hubLayouts().flatMap(({ pkiDirectory }) =>
    ['edge-hub', 'yurthub'].map((program) => `${pkiDirectory}/${program}-current.pem`),
  );
  for (const path of [PATHS.kubelet.clientCertificate, ...hubs]) {
    const text = (await host.read(path)) ?? '';
    const cert = text.match(CERTIFICATE)?.join('');
    const key = PRIVATE_KEY.exec(text)?.[0];
    if (!cert || !key) continue;
    registerSecret(key);
    pairs.push({ cert, key });
  }
  return pairs.sort((a, b) => endOf(b) - endOf(a))[0];
}

/** The kubelet of an edge node speaks to its hub, and the hub to the API server. */
async function readServers(host: Host): Promise<string[]> {
  const servers: string[] = [];
  for (const path of [PATHS.kubelet.kubeconfig, ...hubLayouts().map(({ kubeconfigPath }) => kubeconfigPath)]) {
    const { clusters } = lenientYaml<Kubeconfig>(await host.read(path));
    const server = clusters?.[0]?.cluster?.server;
    if (server?.startsWith('https:') && !servers.includes(server)) servers.push(server);
  }
  return servers;
}

function endOf({ cert }: Pair): number {
  return new X509Certificate(cert).validToDate.getTime();
}

function hubLayouts() {
  return [...edgeHubLayouts('ack'), ...edgeHubLayouts('openyurt')];
}

function nodeNameIn(cert: string): string | undefined {
  return /^CN=system:node:(.+)$/m.exec(new X509Certificate(cert).subject)?.[1];
}
