import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { SandboxPki } from '../pki.ts';
import type { Registry } from './registry.ts';
import { resourceOf } from './resources.ts';

/** The issuer and the audience of the API server. kubeadm sets it so. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** An object that a token ends with. */
export interface Reference {
  readonly kind?: string;
  readonly name?: string;
  readonly uid?: string;
}

/** What a token says, as Kubernetes has it. */
export interface Claims {
  readonly aud: readonly string[];
  /** Seconds since 1970. */
  readonly exp: number;
  readonly iss: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: Reference;
    readonly pod?: Reference;
    readonly secret?: Reference;
  };
  readonly [claim: string]: unknown;
}

/** A service account as a user. */
interface Account {
  readonly name: string;
  readonly uid: string | undefined;
  readonly groups: readonly string[];
}

/** Whose token it is; undefined if it is not good: expired, of another issuer, of something that was deleted. */
export function accountOf(token: string, registry: Registry, pki: SandboxPki, now: number): Account | undefined {
  const claims = verified(token, pki);
  if (!claims || claims.iss !== ISSUER || !claims.aud.includes(ISSUER) || claims.exp * 1000 <= now) return undefined;
  const { namespace, serviceaccount, pod, secret } = claims['kubernetes.io'];
  const exists = (plural: string, { name = '', uid }: Reference): boolean =>
    registry.get(resourceOf(plural), name, namespace)?.metadata.uid === uid;
  if (!exists('serviceaccounts', serviceaccount)) return undefined;
  if ((pod && !exists('pods', pod)) || (secret && !exists('secrets', secret))) return undefined;
  const name = `system:serviceaccount:${namespace}:${serviceaccount.name}`;
  return { name, uid: serviceaccount.uid, groups: groupsOfAccount(name) };
}

/** The groups of `system:serviceaccount:NAMESPACE:NAME`, none of another user. */
export function groupsOfAccount(user: string): string[] {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(user) ?? [];
  return namespace ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`] : [];
}

/** A JSON web token (RFC 7519), signed with ECDSA over P-256. */
export function signedToken(claims: Claims, { accountKey }: Pick<SandboxPki, 'accountKey'>): string {
  const parts = [{ alg: 'ES256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const key = createPrivateKey(accountKey);
  const signature = sign('sha256', Buffer.from(parts.join('.')), { key, dsaEncoding: 'ieee-p1363' });
  return [...parts, signature.toString('base64url')].join('.');
}

function verified(token: string, { accountKey }: Pick<SandboxPki, 'accountKey'>): Claims | undefined {
  const [, text, claims = '', signature = ''] = /^([\w-]+\.([\w-]+))\.([\w-]+)$/.exec(token) ?? [];
  if (!text) return undefined;
  const proof = Buffer.from(signature, 'base64url');
  const key = createPublicKey(accountKey);
  if (!verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, proof)) return undefined;
  return JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Claims;
}
