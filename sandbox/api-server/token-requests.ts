import { randomUUID } from 'node:crypto';
import { decode } from './decode.ts';
import type { Operation } from './operation.ts';
import { read } from './operations.ts';
import type { Registry } from './registry.ts';
import { type KubeObject, type Resource, resourceOf } from './resources.ts';
import type { Server } from './server.ts';
import { type Claims, ISSUER, type Reference, signedToken } from './service-account-tokens.ts';
import * as failures from './status.ts';

/** Answered at once and not kept, as a review is. */
const TOKEN_REQUEST: Resource = { ...resourceOf('selfsubjectreviews'), kind: 'TokenRequest', namespaced: true };

/** Seconds. Source: k8s.io/kubernetes, pkg/apis/authentication/validation. */
const LIFETIME = { shortest: 600, usual: 3600, longest: 2 ** 32 };

/** What a token may end with. */
const BINDABLE: Readonly<Record<string, string>> = { Pod: 'pods', Secret: 'secrets' };

interface TokenRequestSpec {
  readonly audiences?: readonly string[];
  readonly expirationSeconds?: number;
  readonly boundObjectRef?: Reference;
}

/** The answer to `kubectl create token`: the request with a token for its account. @throws ApiFailure 400, 404, 409, 422 */
export function requestToken(operation: Operation, { registry, pki, now }: Server): object {
  const account = read(operation);
  const { name, namespace } = account.metadata;
  const request = decode({ ...operation, resource: TOKEN_REQUEST });
  const spec = { audiences: [ISSUER], expirationSeconds: LIFETIME.usual, ...(request.spec as TokenRequestSpec) };
  checkLifetime(spec.expirationSeconds);
  const claims = claimsOf(account, spec, boundObject(spec.boundObjectRef, account, registry), now());
  const expirationTimestamp = new Date(claims.exp * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    kind: TOKEN_REQUEST.kind,
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: registry.timestamp() },
    spec,
    status: { token: signedToken(claims, pki), expirationTimestamp },
  };
}

/** @param now milliseconds since 1970 */
function claimsOf(
  { metadata }: KubeObject,
  { audiences, expirationSeconds }: Required<Pick<TokenRequestSpec, 'audiences' | 'expirationSeconds'>>,
  bound: object,
  now: number,
): Claims {
  const { name, namespace = '', uid } = metadata;
  const issued = Math.floor(now / 1000);
  return {
    aud: audiences,
    exp: issued + expirationSeconds,
    iat: issued,
    iss: ISSUER,
    jti: randomUUID(),
    'kubernetes.io': { namespace, ...bound, serviceaccount: { name, uid } },
    nbf: issued,
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
}

function checkLifetime(seconds: number): void {
  const { shortest, longest } = LIFETIME;
  if (seconds >= shortest && seconds <= longest) return;
  const limit = seconds < shortest ? 'less than 10 minutes' : 'larger than 2^32 seconds';
  const message = `Invalid value: ${seconds}: may not specify a duration ${limit}`;
  throw failures.invalidObject({ kind: 'TokenRequest', group: 'authentication.k8s.io', name: '' }, [
    { field: 'spec.expirationSeconds', reason: 'FieldValueInvalid', message },
  ]);
}

/** The claim about what a token is bound to. @throws ApiFailure 400, 404, 409 */
function boundObject(reference: Reference | undefined, account: KubeObject, registry: Registry): object {
  if (!reference) return {};
  const { kind = '', name = '', uid } = reference;
  const plural = BINDABLE[kind];
  if (!plural) throw failures.badRequest(`cannot bind token for serviceaccount "${account.metadata.name}" to ${kind}`);
  const found = registry.get(resourceOf(plural), name, account.metadata.namespace);
  if (!found) throw failures.notFound({ kind: plural, name });
  if (uid && uid !== found.metadata.uid)
    throw failures.conflict(
      { kind: plural, name },
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  if (plural === 'pods' && (found.spec?.serviceAccountName ?? 'default') !== account.metadata.name)
    throw failures.badRequest(
      `cannot bind token for serviceaccount "${account.metadata.name}" to pod running with different serviceaccount name.`,
    );
  return { [kind.toLowerCase()]: { name, uid: found.metadata.uid } };
}
