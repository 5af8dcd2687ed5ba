import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { SandboxPki } from '../pki.ts';
import type { Registry } from './registry.ts';
import { type KubeObject, resourceOf } from './resources.ts';
import { accountOf } from './service-account-tokens.ts';
import { unauthorized } from './status.ts';

/** Who asks. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
}

export const TOKEN_TYPE = 'bootstrap.kubernetes.io/token';
/** What auth-extra-groups may hold; anything else makes the token worthless. */
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** What a bootstrap token's Secret says, decoded. */
export interface TokenSecret {
  readonly id: string;
  readonly secret: string;
  /** Milliseconds since 1970; undefined: never. */
  readonly expires: number | undefined;
  readonly usages: { readonly authentication: boolean; readonly signing: boolean };
  readonly extraGroups: readonly string[];
}

/** @returns undefined if the Secret is not a usable token: of another type, misnamed, without its parts */
export function readToken(object: KubeObject | undefined): TokenSecret | undefined {
  const data = (object?.data ?? {}) as Record<string, string>;
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  const id = text('token-id');
  if (object?.type !== TOKEN_TYPE || object.metadata.name !== `bootstrap-token-${id}` || !text('token-secret'))
    return undefined;
  const expiration = text('expiration');
  return {
    id,
    secret: text('token-secret'),
    // A date that cannot be read has passed.
    expires: expiration ? Date.parse(expiration) || 0 : undefined,
    usages: {
      authentication: text('usage-bootstrap-authentication') === 'true',
      signing: text('usage-bootstrap-signing') === 'true',
    },
    extraGroups: text('auth-extra-groups').split(',').filter(Boolean),
  };
}

export function isExpired({ expires }: TokenSecret, now: number): boolean {
  return expires !== undefined && expires <= now;
}

/**
 * Who sends a request: client certificate, then bearer token, then anonymous.
 * @throws ApiFailure 401 for credentials that are not good; none at all are
 */
export function authenticate(request: IncomingMessage, registry: Registry, pki: SandboxPki, now: number): User {
  const byCertificate = certificateUser(request.socket as TLSSocket);
  if (byCertificate) return authenticated(byCertificate);
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) {
    if (presentsCertificate(request.socket as TLSSocket)) throw unauthorized();
    return { name: 'system:anonymous', groups: ['system:unauthenticated'] };
  }
  if (sameSecret(token, pki.adminToken))
    return authenticated({ name: 'edgeadm sandbox admin', groups: ['system:masters'] });
  const byToken = tokenUser(token, registry, now) ?? accountOf(token, registry, pki, now);
  if (!byToken) throw unauthorized();
  return authenticated(byToken);
}

function authenticated(user: User): User {
  return { ...user, groups: [...user.groups, 'system:authenticated'] };
}

/** A connection keeps its certificate, and reading it takes longer than most answers. */
const PEERS = new WeakMap<TLSSocket, Partial<PeerCertificate>>();

function peerOf(socket: TLSSocket): Partial<PeerCertificate> {
  // Null if the connection has just broken.
  const peer = PEERS.get(socket) ?? socket.getPeerCertificate() ?? {};
  PEERS.set(socket, peer);
  return peer;
}

function presentsCertificate(socket: TLSSocket): boolean {
  return Object.keys(peerOf(socket)).length > 0;
}

/** Common name and organisations of a certificate that our CA issued for clients. */
function certificateUser(socket: TLSSocket): User | undefined {
  if (!socket.authorized) return undefined;
  const subject = peerOf(socket).subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  const name = [subject?.CN ?? []].flat()[0];
  return name ? { name, groups: [subject?.O ?? []].flat() } : undefined;
}

function tokenUser(token: string, registry: Registry, now: number): User | undefined {
  const [, id = '', secret = ''] = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token) ?? [];
  if (!id) return undefined;
  const known = readToken(registry.get(resourceOf('secrets'), `bootstrap-token-${id}`, 'kube-system'));
  if (!known || !sameSecret(secret, known.secret) || isExpired(known, now) || !known.usages.authentication)
    return undefined;
  if (!known.extraGroups.every((group) => EXTRA_GROUP.test(group))) return undefined;
  return { name: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...known.extraGroups] };
}

function sameSecret(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
