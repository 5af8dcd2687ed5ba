import { createHmac } from 'node:crypto';
import { isExpired, readToken, type TokenSecret } from './authentication.ts';
import type { Registry } from './registry.ts';
import { type KubeObject, resourceOf } from './resources.ts';

const PREFIX = 'jws-kubeconfig-';

/**
 * The controllers bootstrapsigner and tokencleaner: cluster-info carries a signature for every token that may sign,
 * and tokens that have expired are deleted.
 * @returns when the next token expires, milliseconds since 1970; Infinity for never
 */
export function reconcileTokens(registry: Registry, now: number): number {
  const secrets = resourceOf('secrets');
  const living: TokenSecret[] = [];
  for (const object of registry.list(secrets, 'kube-system')) {
    const token = readToken(object);
    if (token && isExpired(token, now)) registry.remove(secrets, object);
    else if (token) living.push(token);
  }
  const info = registry.get(resourceOf('configmaps'), 'cluster-info', 'kube-public');
  if (info) registry.replace(resourceOf('configmaps'), withSignatures(info, living), info);
  return Math.min(...living.map(({ expires }) => expires ?? Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
}

function withSignatures(info: KubeObject, tokens: readonly TokenSecret[]): KubeObject {
  const data = (info.data ?? {}) as Record<string, string>;
  const others = Object.entries(data).filter(([key]) => !key.startsWith(PREFIX));
  const signatures = tokens
    .filter(({ usages }) => usages.signing)
    .map((token) => [`${PREFIX}${token.id}`, detachedSignature(data.kubeconfig ?? '', token)]);
  return { ...info, data: Object.fromEntries([...others, ...signatures]) as Record<string, string> };
}

/** A JWS whose payload is not in it. @see RFC 7515 appendix F */
function detachedSignature(payload: string, { id, secret }: TokenSecret): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: id })).toString('base64url');
  const content = `${header}.${Buffer.from(payload).toString('base64url')}`;
  return `${header}..${createHmac('sha256', secret).update(content).digest('base64url')}`;
}
