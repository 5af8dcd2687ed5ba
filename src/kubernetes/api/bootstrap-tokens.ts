import { randomInt } from 'node:crypto';
import type { V1ConfigMap, V1Secret } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import { usageError } from '../../errors/usage.ts';
import { caHashes } from '../../pki/ca-hash.ts';
import type { ApiClient } from './client.ts';
import { CLUSTER_INFO_PATH, parseClusterInfo } from './cluster-info.ts';
import { listAll } from './list.ts';

const SECRETS = '/api/v1/namespaces/kube-system/secrets';
const TYPE = 'bootstrap.kubernetes.io/token';
/** The group to which `kubeadm init` binds the roles that a join needs. */
const DEFAULT_GROUP = 'system:bootstrappers:kubeadm:default-node-token';

/** A Secret with any other group does not authenticate. Source: bootstrapapi.BootstrapGroupPattern. */
export const BOOTSTRAP_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

export interface BootstrapToken {
  readonly id: string;
  readonly description: string;
  readonly groups: readonly string[];
  readonly usages: readonly string[];
  /** Undefined: it never expires. */
  readonly expires?: Date;
}

/** A new token: six and sixteen letters and digits from a cryptographic source. */
export function randomToken(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  const text = (length: number): string => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
  return `${text(6)}.${text(16)}`;
}

/**
 * Creates the Secret of a bootstrap token.
 * @param ttlMs milliseconds; 0 for a token that never expires
 * @see https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
 */
export async function createToken(
  client: ApiClient,
  {
    token,
    ttlMs,
    description,
    groups = [DEFAULT_GROUP],
  }: { token: string; ttlMs: number; description?: string; groups?: readonly string[] },
): Promise<void> {
  const [id = '', secret = ''] = token.split('.');
  if (!/^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(token))
    throw usageError(['a bootstrap token has the form ID.SECRET, with six and sixteen lower-case letters and digits']);
  await client.create(SECRETS, {
    apiVersion: 'v1',
    kind: 'Secret',
    type: TYPE,
    metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
    stringData: {
      'token-id': id,
      'token-secret': secret,
      'usage-bootstrap-authentication': 'true',
      'usage-bootstrap-signing': 'true',
      'auth-extra-groups': groups.join(','),
      ...(description && { description }),
      ...(ttlMs > 0 && { expiration: new Date(Date.now() + ttlMs).toISOString().replace(/\.\d+Z$/, 'Z') }),
    },
  });
}

/** All tokens, without their secrets. */
export async function listTokens(client: ApiClient): Promise<BootstrapToken[]> {
  const keep = (secret: V1Secret): BootstrapToken => readToken(secret);
  return listAll(client, `${SECRETS}?fieldSelector=${encodeURIComponent(`type=${TYPE}`)}`, { keep });
}

/** Deletes a token by its id, or by the whole token. @throws EdgeadmError TOKEN_UNKNOWN_OR_EXPIRED if there is none */
export async function deleteToken(client: ApiClient, tokenOrId: string): Promise<string> {
  const id = tokenOrId.split('.')[0] ?? '';
  if (!/^[a-z0-9]{6}$/.test(id)) throw usageError([`"${id}" is not a token ID (six lower-case letters and digits)`]);
  const path = `${SECRETS}/bootstrap-token-${id}`;
  if (!(await client.find(path)))
    throw new EdgeadmError({
      code: 'TOKEN_UNKNOWN_OR_EXPIRED',
      what: `token ${id} not found`,
      next: '`edgeadm token list` lists the existing tokens',
    });
  await client.delete(path);
  return id;
}

function readToken({ data = {} }: V1Secret): BootstrapToken {
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  const usage = (name: string): string[] => (text(`usage-bootstrap-${name}`) === 'true' ? [name] : []);
  return {
    id: text('token-id'),
    description: text('description'),
    groups: text('auth-extra-groups').split(',').filter(Boolean),
    usages: [...usage('authentication'), ...usage('signing')],
    expires: text('expiration') ? new Date(text('expiration')) : undefined,
  };
}

/** The line to run on a node. The hash of each CA comes from the cluster itself, over a connection that is trusted. */
export async function joinLine(client: ApiClient, token: string): Promise<string> {
  const answer = await client.request<V1ConfigMap>('GET', CLUSTER_INFO_PATH);
  const { caPem, advertisedServer } = parseClusterInfo(answer);
  const address = advertisedServer.replace(/^https:\/\//, '') || new URL(answer.server).host;
  const hashes = caHashes(caPem).map((hash) => ` --discovery-token-ca-cert-hash sha256:${hash}`);
  return `edgeadm join ${address} --token ${token}${hashes.join('')}`;
}
