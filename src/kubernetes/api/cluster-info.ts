import { createHmac, timingSafeEqual } from 'node:crypto';
import { EdgeadmError } from '../../errors/index.ts';
import { PATHS } from '../../host/node-paths.ts';
import { MAX_RESPONSE_BYTES } from '../../http/index.ts';
import { type KubeconfigCluster, publishedClusterIn } from '../kubeconfig/parse.ts';
import { type ApiClient, type ApiResponse, NOT_AN_API_SERVER } from './client.ts';

/** Where every kubeadm-like cluster publishes its CA for those who are to join. */
export const CLUSTER_INFO_PATH = '/api/v1/namespaces/kube-public/configmaps/cluster-info';

/** The published kubeconfig with its signatures by token id. */
export interface ClusterInfo {
  /** Exactly as published: the signatures are over these bytes. */
  readonly kubeconfig: string;
  readonly caPem: string;
  /** The server that the cluster names for itself. */
  readonly advertisedServer: string;
  readonly signatures: ReadonlyMap<string, string>;
}

/**
 * Asks for cluster-info, which may be done before the server has shown who it is.
 * @throws EdgeadmError API_UNREACHABLE
 */
export function readClusterInfo(client: ApiClient): Promise<ApiResponse<unknown>> {
  return client.send('GET', CLUSTER_INFO_PATH, { maxBytes: MAX_RESPONSE_BYTES.anonymous });
}

const SIGNATURE_PREFIX = 'jws-kubeconfig-';

/**
 * Reads an answer to {@link CLUSTER_INFO_PATH}; nothing in it is believed to have the right type.
 * @throws EdgeadmError CLUSTER_INFO_INVALID
 */
export function parseClusterInfo(answer: Pick<ApiResponse<unknown>, 'status' | 'body' | 'server'>): ClusterInfo {
  const invalid = (why: string, next?: string): EdgeadmError =>
    new EdgeadmError({
      code: 'CLUSTER_INFO_INVALID',
      what: `${answer.server} does not publish a usable cluster-info`,
      why,
      next,
    });
  const said = excerptOf(answer.body);
  if (answer.status !== 200)
    throw invalid(
      `HTTP ${answer.status} to an anonymous GET ${CLUSTER_INFO_PATH}${said && `: ${said}`}`,
      nextFor(answer),
    );
  if (typeof answer.body === 'string')
    throw invalid(`it is not an API server that answers: ${said}`, NOT_AN_API_SERVER);
  const { data } = mapOf(answer.body);
  const { kubeconfig } = mapOf(data);
  if (typeof kubeconfig !== 'string' || kubeconfig === '') throw invalid('the ConfigMap has no key kubeconfig');
  const { server, 'certificate-authority-data': caPem } = clusterIn(kubeconfig, invalid);
  if (!caPem) throw invalid('its kubeconfig has no certificate-authority-data');
  if (server !== undefined && !/^https:\/\//i.test(server))
    throw invalid(`its kubeconfig names the server ${JSON.stringify(server)}: only https is used`);
  const texts = Object.entries(mapOf(data)).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    kubeconfig,
    caPem,
    advertisedServer: server ?? '',
    signatures: new Map(
      texts
        .filter(([key]) => key.startsWith(SIGNATURE_PREFIX))
        .map(([key, value]) => [key.slice(SIGNATURE_PREFIX.length), value]),
    ),
  };
}

const ANONYMOUS = `Anonymous requests are disabled in the API server, and a join with a token needs them: set \`--anonymous-auth=true\` in ${PATHS.kubernetes.manifests}/kube-apiserver.yaml, or from Kubernetes 1.32 on allow them for this path alone in its AuthenticationConfiguration. RBAC still decides what they may read.`;
const BEHIND_PROXY =
  'A proxy or load balancer in front of the API server has no working backend: check its targets, or give the address of an API server itself.';

/**
 * What to do about an answer that is not a cluster-info, by what it is; undefined: the remedy of the code, which
 * restores it.
 */
function nextFor({ status, body }: Pick<ApiResponse<unknown>, 'status' | 'body'>): string | undefined {
  if (status === 401) return ANONYMOUS;
  if (status === 407) return 'A proxy in between asks for a login: let the node reach the API server directly.';
  if (status === 511 || (status < 500 && isHtml(body))) return NOT_AN_API_SERVER;
  return status === 502 || status === 503 || status === 504 ? BEHIND_PROXY : undefined;
}

function isHtml(body: unknown): boolean {
  return typeof body === 'string' && /<(!doctype|html|head|body)\b/i.test(body);
}

/** The beginning of a text that is not a Kubernetes object, without its tags. */
function excerptOf(body: unknown): string {
  if (typeof body !== 'string') return '';
  const text = body.replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ');
  return JSON.stringify(text.replace(/\s+/g, ' ').trim().slice(0, 100));
}

/** What may be any JSON or YAML, as a map; an empty one if it is none. */
function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** The cluster of the kubeconfig that is published. */
function clusterIn(kubeconfig: string, invalid: (why: string) => EdgeadmError): Partial<KubeconfigCluster> {
  try {
    return publishedClusterIn(kubeconfig) ?? {};
  } catch (error) {
    throw invalid(`its kubeconfig: ${(error as Error).message}`);
  }
}

/**
 * Checks that who published cluster-info knows the token's secret: a JWS with detached payload, HS256.
 * @see RFC 7515 appendix F; the bootstrapsigner controller of Kubernetes
 * @throws EdgeadmError TOKEN_UNKNOWN_OR_EXPIRED, TOKEN_INVALID
 */
export function verifySignature(info: ClusterInfo, token: string, clockDifferenceMs?: number): void {
  const [id = '', secret = ''] = token.split('.');
  const signature = info.signatures.get(id);
  if (signature === undefined) {
    throw new EdgeadmError({
      code: 'TOKEN_UNKNOWN_OR_EXPIRED',
      what: `the cluster has no token ${id}`,
      why: `cluster-info has no signature for it: the token never existed or has expired; ${describeClock(clockDifferenceMs)}`,
    });
  }
  const [header = '', , theirs = ''] = signature.split('.');
  const payload = Buffer.from(info.kubeconfig).toString('base64url');
  const ours = createHmac('sha256', secret).update(`${header}.${payload}`).digest();
  const given = Buffer.from(theirs, 'base64url');
  if (algorithmOf(header) === 'HS256' && given.length === ours.length && timingSafeEqual(given, ours)) return;
  throw new EdgeadmError({
    code: 'TOKEN_INVALID',
    what: `the secret of the token ${id} is wrong`,
    why: 'the signature of cluster-info for this token id was made with another secret',
  });
}

function algorithmOf(header: string): string | undefined {
  try {
    const { alg } = mapOf(JSON.parse(Buffer.from(header, 'base64url').toString('utf8')));
    return typeof alg === 'string' ? alg : undefined;
  } catch {
    return undefined;
  }
}

/** `the clock of the node is 32 s behind the API server's` */
export function describeClock(differenceMs: number | undefined, other = 'API server'): string {
  if (differenceMs === undefined) return `the clock difference to the ${other} is unknown`;
  const seconds = Math.abs(differenceMs) / 1000;
  if (seconds < 2) return `the clocks of node and ${other} agree`;
  const side = differenceMs > 0 ? 'behind' : 'ahead of';
  return `the clock of the node is ${seconds < 120 ? `${seconds.toFixed(0)} s` : describeLong(seconds)} ${side} the ${other}'s`;
}

function describeLong(seconds: number): string {
  if (seconds < 7200) return `${(seconds / 60).toFixed(0)} minutes`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} hours` : `${(seconds / 86_400).toFixed(1)} days`;
}
