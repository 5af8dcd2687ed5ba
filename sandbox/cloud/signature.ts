import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { sha256Of } from '../../src/lib/sha256.ts';
import type { KnownKeys, SandboxAccount, TemporaryKeys } from './account.ts';
import { CloudFailure } from './service.ts';

/** What a signature is made over, as it came over the wire. */
export interface SignedRequest {
  readonly method: string;
  /** Still encoded, without the query. */
  readonly rawPath: string;
  readonly query: ReadonlyMap<string, string>;
  readonly form: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** What was signed with which key; the three ways of signing differ in nothing else. */
interface Claim {
  readonly accessKeyId: string;
  readonly time: string;
  /** undefined for the Date header of HTTP. */
  readonly timeForm?: RegExp;
  readonly nonce: string;
  /** Of a role's keys; undefined or empty: none came. */
  readonly securityToken?: string;
  readonly signature: string;
  readonly stringToSign: string;
  readonly sign: (stringToSign: string, secret: string) => string;
}

const CLOCK_SKEW_MS = 15 * 60_000;
/** `2016-02-23T12:46:24Z`: without a fraction of a second, in UTC. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * Makes a checker of signatures that remembers nonces. It throws {@link CloudFailure} with the codes and messages of
 * the vendor's gateway: Missing…, InvalidAccessKeyId.NotFound, SignatureDoesNotMatch, InvalidTimeStamp.Format and
 * .Expired, MissingSecurityToken, InvalidSecurityToken.Malformed, .MismatchWithAccessKey and .Expired, SignatureNonceUsed,
 * InvalidSignatureMethod, InvalidSignatureVersion, ContentMD5NotMatched. Sources: the vendor's descriptions of the request signatures V3 (`ACS3-HMAC-SHA256`), of RPC and of ROA (`HMAC-SHA1`), its table
 * of common errors, and what its own clients send.
 */
export function signatureChecker(known: KnownKeys, now: () => number): (request: SignedRequest) => void {
  const nonces = new Map<string, number>();
  return (request) => {
    const claim = claimOf(request);
    const keys = known.find(claim.accessKeyId);
    if (!keys) throw new CloudFailure(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.');
    checkTime(claim, now());
    checkToken(claim, keys, known, now());
    if (!isEqual(claim.signature, claim.sign(claim.stringToSign, keys.accessKeySecret)))
      throw new CloudFailure(
        400,
        'SignatureDoesNotMatch',
        `Specified signature is not matched with our calculation. server string to sign is:${claim.stringToSign}`,
      );
    for (const [nonce, until] of nonces) if (until < now()) nonces.delete(nonce);
    if (nonces.has(claim.nonce))
      throw new CloudFailure(400, 'SignatureNonceUsed', 'Specified signature nonce was used already.');
    nonces.set(claim.nonce, now() + 2 * CLOCK_SKEW_MS);
  };
}

function claimOf(request: SignedRequest): Claim {
  const authorization = request.headers.authorization ?? '';
  if (authorization.startsWith('ACS3-HMAC-SHA256 ')) return acs3(request, authorization);
  if (authorization.startsWith('acs ')) return roa(request, authorization);
  return rpc(request);
}

/** `ACS3-HMAC-SHA256 Credential=AK,SignedHeaders=host;x-acs-action,Signature=HEX`. */
function acs3(request: SignedRequest, authorization: string): Claim {
  const { headers, method, rawPath, query, body } = request;
  const parts = new Map(
    authorization
      .slice(authorization.indexOf(' ') + 1)
      .split(',')
      .map((part): [string, string] => [part.split('=')[0]?.trim() ?? '', part.slice(part.indexOf('=') + 1)]),
  );
  const names = needed(parts.get('SignedHeaders'), 'SignedHeaders').split(';');
  const hash = sha256Of(body);
  const canonical = [
    method,
    rawPath.replaceAll('+', '%20').replaceAll('*', '%2A').replaceAll('%7E', '~'),
    canonicalQuery(query),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim()}`),
    '',
    names.join(';'),
    // The signed body must be the one that was sent.
    needed(headers['x-acs-content-sha256'], 'x-acs-content-sha256') === hash ? hash : `body has ${hash}`,
  ].join('\n');
  return {
    accessKeyId: needed(parts.get('Credential'), 'AccessKeyId'),
    time: needed(headers['x-acs-date'], 'Timestamp'),
    timeForm: ISO_TIME,
    nonce: needed(headers['x-acs-signature-nonce'], 'SignatureNonce'),
    securityToken: headers['x-acs-security-token'],
    signature: needed(parts.get('Signature'), 'Signature'),
    stringToSign: `ACS3-HMAC-SHA256\n${sha256Of(canonical)}`,
    sign: (text, secret) => createHmac('sha256', secret).update(text).digest('hex'),
  };
}

/** The older signature of RPC calls: everything in the query or in a form, `Signature` among it. */
function rpc({ method, query, form }: SignedRequest): Claim {
  const all = new Map([...query, ...form]);
  const accessKeyId = needed(all.get('AccessKeyId'), 'AccessKeyId');
  refuseOther(needed(all.get('SignatureMethod'), 'SignatureMethod'), 'HMAC-SHA1', 'SignatureMethod');
  refuseOther(needed(all.get('SignatureVersion'), 'SignatureVersion'), '1.0', 'SignatureVersion');
  const signature = all.get('Signature');
  all.delete('Signature');
  return {
    accessKeyId,
    time: needed(all.get('Timestamp'), 'Timestamp'),
    timeForm: ISO_TIME,
    nonce: needed(all.get('SignatureNonce'), 'SignatureNonce'),
    securityToken: all.get('SecurityToken'),
    signature: needed(signature, 'Signature'),
    stringToSign: `${method}&%2F&${encode(canonicalQuery(all))}`,
    sign: (text, secret) => createHmac('sha1', `${secret}&`).update(text).digest('base64'),
  };
}

/** The older signature of ROA calls: `acs AK:SIGNATURE` over method, some headers, path and query, not encoded. */
function roa({ method, rawPath, query, headers, body }: SignedRequest, authorization: string): Claim {
  refuseOther(headers['x-acs-signature-method'], 'HMAC-SHA1', 'SignatureMethod');
  refuseOther(headers['x-acs-signature-version'], '1.0', 'SignatureVersion');
  // The signature is over this header and not over the body: it is worth what the header is.
  const md5 = headers['content-md5'];
  if (md5 && md5 !== createHash('md5').update(body).digest('base64'))
    throw new CloudFailure(400, 'ContentMD5NotMatched', 'Specified Content-MD5 is not matched with the request body.');
  const [accessKeyId = '', signature = ''] = authorization.slice('acs '.length).split(':');
  const own = Object.keys(headers)
    .filter((name) => name.startsWith('x-acs-'))
    .sort()
    .map((name) => `${name}:${(headers[name] ?? '').replace(/[\t\n\r\f]/g, ' ').trim()}`);
  const plain = [...query.keys()].sort().map((key) => `${key}=${query.get(key)}`);
  const head = [method, ...['accept', 'content-md5', 'content-type', 'date'].map((name) => headers[name] ?? '')];
  return {
    accessKeyId: needed(accessKeyId, 'AccessKeyId'),
    time: needed(headers.date, 'Date'),
    nonce: needed(headers['x-acs-signature-nonce'], 'SignatureNonce'),
    securityToken: headers['x-acs-security-token'],
    signature: needed(signature, 'Signature'),
    stringToSign: [...head, ...own, decodeURI(rawPath) + (plain.length > 0 ? `?${plain.join('&')}` : '')].join('\n'),
    sign: (text, secret) => createHmac('sha1', secret).update(text).digest('base64'),
  };
}

/** @throws CloudFailure if a value is given that is not the one there is */
function refuseOther(value: string | undefined, only: string, name: string): void {
  if (!value || value === only) return;
  throw new CloudFailure(400, `Invalid${name}`, `Specified parameter ${name} is not valid.`);
}

function needed(value: string | undefined, name: string): string {
  if (value) return value;
  throw new CloudFailure(400, `Missing${name}`, `${name} is mandatory for this action.`);
}

function checkTime({ time: text, timeForm }: Claim, now: number): void {
  const time = Date.parse(text);
  if (timeForm?.test(text) === false || Number.isNaN(time))
    throw new CloudFailure(400, 'InvalidTimeStamp.Format', 'Specified time stamp or date value is not well formatted.');
  if (Math.abs(now - time) > CLOCK_SKEW_MS)
    throw new CloudFailure(400, 'InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.');
}

/** Status and codes: the vendor's tables of common errors; which one a permanent key with a token gets is our own choice. */
function checkToken(
  { securityToken: token }: Claim,
  keys: SandboxAccount | TemporaryKeys,
  { isToken }: KnownKeys,
  now: number,
): void {
  const own = 'securityToken' in keys ? keys : undefined;
  if (!token) {
    if (own) throw new CloudFailure(400, 'MissingSecurityToken', 'SecurityToken is mandatory for this action.');
    return;
  }
  if (!isToken(token)) throw invalidToken('Malformed', 'Specified SecurityToken is malformed.');
  if (own?.securityToken !== token)
    throw invalidToken('MismatchWithAccessKey', 'Specified SecurityToken mismatch with the AccessKey.');
  if (own.expires <= now) throw invalidToken('Expired', 'Specified SecurityToken is expired.');
}

function invalidToken(why: string, message: string): CloudFailure {
  return new CloudFailure(400, `InvalidSecurityToken.${why}`, message);
}

function canonicalQuery(parameters: ReadonlyMap<string, string>): string {
  return [...parameters.keys()]
    .sort()
    .map((key) => `${encode(key)}=${encode(parameters.get(key) ?? '')}`)
    .join('&');
}

/** As RFC 3986 has it; encodeURIComponent leaves five characters more. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
