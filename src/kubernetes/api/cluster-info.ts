import { createHmac, timingSafeEqual } from 'node:crypto';
import type { V1ConfigMap } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import { EdgeadmError } from '../../errors/index.ts';
import type { Answer } from './client.ts';

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
 * Reads an answer to {@link CLUSTER_INFO_PATH}.
 * @throws EdgeadmError CLUSTER_INFO_INVALID
 */
export function parseClusterInfo(answer: Answer<V1ConfigMap>): ClusterInfo {
  const invalid = (why: string): EdgeadmError =>
    new EdgeadmError({
      code: 'CLUSTER_INFO_INVALID',
      what: `${answer.server} does not publish a usable cluster-info`,
      why,
    });
  if (answer.status !== 200) throw invalid(`HTTP ${answer.status} to an anonymous GET ${CLUSTER_INFO_PATH}`);
  const data = answer.body.data ?? {};
  const { kubeconfig } = data;
  if (!kubeconfig) throw invalid('the ConfigMap has no key kubeconfig');
  const cluster = firstCluster(kubeconfig);
  if (!cluster?.['certificate-authority-data']) throw invalid('its kubeconfig holds no certificate-authority-data');
  return {
    kubeconfig,
    caPem: Buffer.from(cluster['certificate-authority-data'], 'base64').toString('utf8'),
    advertisedServer: cluster.server ?? '',
    signatures: new Map(
      Object.entries(data)
        .filter(([key]) => key.startsWith(SIGNATURE_PREFIX))
        .map(([key, value]) => [key.slice(SIGNATURE_PREFIX.length), value]),
    ),
  };
}

const SIGNATURE_PREFIX = 'jws-kubeconfig-';

function firstCluster(kubeconfig: string): { server?: string; 'certificate-authority-data'?: string } | undefined {
  try {
    const parsed = load(kubeconfig) as { clusters?: { cluster?: Record<string, string> }[] } | undefined;
    return parsed?.clusters?.[0]?.cluster;
  } catch {
    return undefined;
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
      what: `the cluster does not know the token ${id}`,
      why: `cluster-info carries no signature for it: the token never existed or has expired; ${describeClock(clockDifferenceMs)}`,
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
    return (JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { alg?: string }).alg;
  } catch {
    return undefined;
  }
}

/** `the clock of the node is 32 s behind the API server's` */
export function describeClock(differenceMs: number | undefined, other = 'API server'): string {
  if (differenceMs === undefined) return `the clock difference to the ${other} is not known`;
  const seconds = Math.abs(differenceMs) / 1000;
  if (seconds < 2) return `the clocks of node and ${other} agree`;
  const side = differenceMs > 0 ? 'behind' : 'ahead of';
  return `the clock of the node is ${seconds < 120 ? `${seconds.toFixed(0)} s` : describeLong(seconds)} ${side} the ${other}'s`;
}

function describeLong(seconds: number): string {
  if (seconds < 7200) return `${(seconds / 60).toFixed(0)} minutes`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} hours` : `${(seconds / 86_400).toFixed(1)} days`;
}
