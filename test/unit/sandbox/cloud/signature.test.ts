import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { type SignedRequest, signatureChecker } from '../../../../sandbox/cloud/signature.ts';

const account = { accessKeyId: 'testid', accessKeySecret: 'testsecret' };
const role = { accessKeyId: 'STS.role', accessKeySecret: 'rolesecret', securityToken: 'token-of-the-role' };
const NOW = Date.parse('2016-02-23T12:46:24Z');
const EXPIRES = NOW + 60_000;
const known = {
  find: (id: string) => [account, { ...role, expires: EXPIRES }].find(({ accessKeyId }) => accessKeyId === id),
  isToken: (token: string) => [role.securityToken, 'token-of-another'].includes(token),
};
const check = (now = NOW) => signatureChecker(known, () => now);

/** The example of the vendor's description of the RPC signature. */
const EXAMPLE = {
  AccessKeyId: 'testid',
  Action: 'DescribeRegions',
  Format: 'XML',
  SignatureMethod: 'HMAC-SHA1',
  SignatureNonce: '3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf',
  SignatureVersion: '1.0',
  Timestamp: '2016-02-23T12:46:24Z',
  Version: '2014-05-26',
};

const request = (more: Partial<SignedRequest>): SignedRequest => ({
  method: 'GET',
  rawPath: '/',
  query: new Map(),
  form: new Map(),
  headers: {},
  body: Buffer.alloc(0),
  ...more,
});

describe('signatures of cloud requests', () => {
  it('takes the example of the vendor', () => {
    const query = new Map(Object.entries({ ...EXAMPLE, Signature: 'OLeaidS1JvxuMvnyHOwuJ+uX5qY=' }));
    check()(request({ query }));
    assert.throws(() => check()(request({ query, method: 'POST' })), { code: 'SignatureDoesNotMatch' });
  });

  it('names each parameter that is missing', () => {
    for (const name of [
      'AccessKeyId',
      'Timestamp',
      'SignatureNonce',
      'Signature',
      'SignatureMethod',
      'SignatureVersion',
    ]) {
      const query = new Map(Object.entries({ ...EXAMPLE, Signature: 'x' }));
      query.delete(name);
      assert.throws(() => check()(request({ query })), { code: `Missing${name}`, status: 400 });
    }
  });

  it('knows one method and one version of the older signatures', () => {
    for (const [name, value] of [
      ['SignatureMethod', 'HMAC-SHA999'],
      ['SignatureVersion', '9'],
    ] as const) {
      const query = new Map(Object.entries({ ...EXAMPLE, [name]: value, Signature: 'x' }));
      assert.throws(() => check()(request({ query })), { code: `Invalid${name}`, status: 400 });
    }
  });

  it('takes a time in the form of the vendor alone, without a fraction of a second', () => {
    for (const Timestamp of ['2016-02-23T12:46:24.000Z', '2016-02-23', 'Tue, 23 Feb 2016 12:46:24 GMT']) {
      const query = new Map(Object.entries({ ...EXAMPLE, Timestamp, Signature: 'x' }));
      assert.throws(() => check()(request({ query })), { code: 'InvalidTimeStamp.Format', status: 400 });
    }
  });

  /** A request with the older signature of ROA calls. */
  function roa(body: string, more: Record<string, string> = {}): SignedRequest {
    const headers: Record<string, string> = {
      date: 'Tue, 23 Feb 2016 12:46:24 GMT',
      'content-md5': createHash('md5').update('{}').digest('base64'),
      'x-acs-signature-nonce': 'n',
      ...more,
    };
    const own = Object.keys(headers).filter((name) => name.startsWith('x-acs-'));
    const lines = own.sort().map((name) => `${name}:${headers[name]}`);
    const text = ['POST', '', headers['content-md5'], '', headers.date, ...lines, '/clusters'].join('\n');
    const signature = createHmac('sha1', account.accessKeySecret).update(text).digest('base64');
    const authorization = `acs testid:${signature}`;
    return request({
      method: 'POST',
      rawPath: '/clusters',
      headers: { ...headers, authorization },
      body: Buffer.from(body),
    });
  }

  it('takes the older signature of ROA calls, and refuses it for another body than its Content-MD5 is of', () => {
    check()(roa('{}'));
    assert.throws(() => check()(roa('{"a":1}')), { code: 'ContentMD5NotMatched', status: 400 });
    const other = { 'x-acs-signature-method': 'HMAC-SHA999' };
    assert.throws(() => check()(roa('{}', other)), { code: 'InvalidSignatureMethod' });
  });

  /** A request with signature V3, as its description has it. */
  function acs3(body: string, sent = body): SignedRequest {
    const hash = createHash('sha256').update(body).digest('hex');
    const headers: Record<string, string> = {
      host: 'cs.test',
      'x-acs-action': 'Create',
      'x-acs-content-sha256': hash,
      'x-acs-date': '2016-02-23T12:46:24Z',
      'x-acs-signature-nonce': 'n',
    };
    const names = Object.keys(headers).sort();
    const canonical = `POST\n/clusters\na=b%20c\n${names.map((n) => `${n}:${headers[n]}\n`).join('')}\n${names.join(';')}\n${hash}`;
    const text = `ACS3-HMAC-SHA256\n${createHash('sha256').update(canonical).digest('hex')}`;
    const signature = createHmac('sha256', account.accessKeySecret).update(text).digest('hex');
    const authorization = `ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=${names.join(';')},Signature=${signature}`;
    return request({
      method: 'POST',
      rawPath: '/clusters',
      query: new Map([['a', 'b c']]),
      headers: { ...headers, authorization },
      body: Buffer.from(sent),
    });
  }

  /** The older signature of RPC calls with keys of a role. */
  function withToken(keys: { accessKeyId: string; accessKeySecret: string }, SecurityToken?: string): SignedRequest {
    const all: Record<string, string> = {
      ...EXAMPLE,
      AccessKeyId: keys.accessKeyId,
      ...(SecurityToken && { SecurityToken }),
    };
    const query = Object.keys(all)
      .sort()
      .map((key) => `${key}=${encodeURIComponent(all[key] ?? '')}`)
      .join('&');
    const signature = createHmac('sha1', `${keys.accessKeySecret}&`)
      .update(`GET&%2F&${encodeURIComponent(query)}`)
      .digest('base64');
    return request({ query: new Map(Object.entries({ ...all, Signature: signature })) });
  }

  it('takes keys of a role with their security token until they expire, and says what is wrong with another one', () => {
    check()(withToken(role, role.securityToken));
    // Status and codes: the vendor's tables of common errors.
    for (const [keys, token, now, code] of [
      [role, undefined, NOW, 'MissingSecurityToken'],
      [role, 'nonsense', NOW, 'InvalidSecurityToken.Malformed'],
      [role, 'token-of-another', NOW, 'InvalidSecurityToken.MismatchWithAccessKey'],
      [account, role.securityToken, NOW, 'InvalidSecurityToken.MismatchWithAccessKey'],
      [role, role.securityToken, EXPIRES, 'InvalidSecurityToken.Expired'],
    ] as const)
      assert.throws(() => check(now)(withToken(keys, token)), { code, status: 400 });
  });

  it('takes signature V3, and refuses it for another body, query or header', () => {
    check()(acs3('{}'));
    const wrong = { code: 'SignatureDoesNotMatch', status: 400 };
    assert.throws(() => check()(acs3('{}', '{"a":1}')), wrong);
    assert.throws(() => check()({ ...acs3('{}'), query: new Map() }), wrong);
    const other = acs3('{}');
    assert.throws(() => check()({ ...other, headers: { ...other.headers, 'x-acs-action': 'Delete' } }), wrong);
  });
});
