import { randomUUID } from 'node:crypto';
import { sha256Of } from '../lib/sha256.ts';
import type { CloudKeys } from './credentials.ts';

/** A request to sign; `body` is what is sent, byte for byte. */
export interface UnsignedRequest {
  readonly method: string;
  /** `/clusters/c1/nodepools`, its parts already encoded. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * The headers of a request with the vendor's signature (ACS3-HMAC-SHA256) among them. The signature itself is made by
 * the vendor's library; which headers it covers is that of its generic client (`doRequest` of @alicloud/openapi-client).
 */
export async function signedHeaders(
  { method, path, query, headers, body = '' }: UnsignedRequest,
  { accessKeyId, accessKeySecret, securityToken }: CloudKeys,
): Promise<Record<string, string>> {
  const { default: util } = await import('@alicloud/openapi-util');
  const sum = sha256Of(body);
  const all: Record<string, string> = {
    ...headers,
    'x-acs-date': new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-content-sha256': sum,
    ...(securityToken ? { 'x-acs-accesskey-id': accessKeyId, 'x-acs-security-token': securityToken } : {}),
  };
  const request = { method, pathname: path, query, headers: all };
  const Authorization = util.default.getAuthorization(
    request as Parameters<typeof util.default.getAuthorization>[0],
    'ACS3-HMAC-SHA256',
    sum,
    accessKeyId,
    accessKeySecret,
  );
  return { ...all, Authorization };
}
