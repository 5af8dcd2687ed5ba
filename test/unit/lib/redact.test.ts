import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, it } from 'mocha';
import { ERROR_CODES } from '../../../src/errors/index.ts';
import { createRedactor, MASK } from '../../../src/lib/redact.ts';
import { assertGrowsWithLength } from '../growth.ts';

/** A small generator with a seed, so that a failure can be repeated. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const ALPHABETS = [
  'abcdefghijklmnopqrstuvwxyz0123456789',
  'ABCDEFabcdef0123456789+/=',
  `aB3 '"\\$\`&?%#;,.:|(){}[]^/-_~`,
  'pä→密碼😀x1',
  'a\n\tb"c',
];

/** Every way in which a secret was seen to come out of a program. */
const CONTEXTS: readonly [string, (secret: string) => string][] = [
  ['alone', (secret) => secret],
  ['in a sentence', (secret) => `the password ${secret} was refused`],
  ['as JSON', (secret) => JSON.stringify({ value: secret })],
  ['as JSON in JSON', (secret) => JSON.stringify({ body: JSON.stringify({ value: secret }) })],
  ['in a query', (secret) => `https://example.org/x?a=1&v=${encodeURIComponent(secret)}&b=2`],
  ['in a form', (secret) => new URLSearchParams({ v: secret, b: '2' }).toString()],
  ['in a query in lower case', (secret) => encodeURIComponent(secret).replace(/%../g, (hex) => hex.toLowerCase())],
  ['as base64', (secret) => Buffer.from(secret).toString('base64')],
  ['as base64url', (secret) => Buffer.from(secret).toString('base64url')],
  ['in a login', (secret) => `Basic ${Buffer.from(`me:${secret}`).toString('base64')}`],
  ['amid other base64', (secret) => Buffer.from(`user: x\ntoken: ${secret}\nmore: y`).toString('base64')],
  ['quoted for a shell', (secret) => `echo '${secret.replaceAll("'", `'\\''`)}'`],
  ['in double quotes of a shell', (secret) => `echo "${secret.replace(/[\\"$`]/g, '\\$&')}"`],
  ['in single quotes of YAML', (secret) => `v: '${secret.replaceAll("'", "''")}'`],
];

/** What somebody would find who looked for the secret in every encoding. */
function revealed(text: string, secret: string): boolean {
  const unquoted = text.replaceAll(`'\\''`, "'").replaceAll("''", "'");
  const decoded = [text, unquoted, text.replace(/\\(.)/g, '$1'), unescapeJson(text), unescapeJson(unescapeJson(text))];
  for (const part of text.match(/[\w+/=-]{4,}/g) ?? []) decoded.push(Buffer.from(part, 'base64').toString());
  decoded.push(decodeUrl(text), decodeUrl(text.replaceAll('+', ' ')));
  return decoded.some((candidate) => candidate.includes(secret));
}

function unescapeJson(text: string): string {
  return text.replace(/\\(u[0-9a-f]{4}|.)/g, (whole) => {
    try {
      return JSON.parse(`"${whole}"`) as string;
    } catch {
      return whole;
    }
  });
}

function decodeUrl(text: string): string {
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    return text;
  }
}

function secretsOf(seed: number): string[] {
  const below = generator(seed);
  return Array.from({ length: 60 }, (_, index) => {
    const alphabet = [...(ALPHABETS[index % ALPHABETS.length] ?? '')];
    const body = Array.from({ length: 4 + below(40) }, () => alphabet[below(alphabet.length)]).join('');
    // White space at the ends is no part of a secret: files end in a line end.
    return `x${body}y`;
  });
}

describe('a registered secret', () => {
  for (const [name, show] of CONTEXTS) {
    it(`does not get through ${name}`, () => {
      for (const secret of secretsOf(name.length)) {
        // In the middle of base64 the first and last characters belong to its neighbours: four bytes leave too little.
        if (name.includes('amid') || name.includes('login') ? secret.length < 8 : false) continue;
        const redactor = createRedactor();
        redactor.registerSecret(secret);
        const shown = redactor.redact(show(secret));
        assert.ok(!revealed(shown, secret), `${JSON.stringify(secret)} in ${JSON.stringify(shown)}`);
        assert.ok(shown.includes(MASK), shown);
      }
    });
  }

  it('does not get through in nested values, keys and errors', () => {
    for (const secret of secretsOf(7)) {
      const redactor = createRedactor();
      redactor.registerSecret(secret);
      const value = {
        list: [{ deep: { text: `a ${secret} b`, [`key ${secret}`]: 1 } }],
        json: { toJSON: () => ({ inside: secret }) },
        error: new Error(`no ${secret}`),
        bytes: Buffer.from(secret),
        encoded: Buffer.from(secret).toString('base64'),
      };
      const shown = JSON.stringify(redactor.redactValue(value));
      assert.ok(!revealed(shown, secret), shown);
    }
  });

  it('a registered secret is masked together with others that begin alike or were registered before', () => {
    const redactor = createRedactor();
    redactor.registerSecret('hunter2');
    assert.equal(redactor.redact('hunter2 hunter2222'), `${MASK} ${MASK}222`);
    redactor.registerSecret('hunter2222');
    assert.equal(redactor.redact('hunter2 hunter2222'), `${MASK} ${MASK}`);
  });

  it('a registered secret with a line end, as files have it, is masked without it', () => {
    const redactor = createRedactor();
    redactor.registerSecret('hunter2\n');
    assert.equal(redactor.redact('sudo said: hunter2?'), `sudo said: ${MASK}?`);
  });

  it('a registered secret of fewer than four characters is not masked, since text would become unreadable', () => {
    const redactor = createRedactor();
    redactor.registerSecret('abc');
    redactor.registerSecret('');
    redactor.registerSecret(undefined);
    assert.equal(redactor.redact('abcdef'), 'abcdef');
  });

  it('a registered secret that is a private key is masked line by line, as diffs and logs show it', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const redactor = createRedactor();
    redactor.registerSecret(pem);
    const line = pem.split('\n')[1] ?? '';
    assert.equal(redactor.redact(`+${line}`), `+${MASK}`);
  });

  it('a registered secret that is a bootstrap token keeps its id, which is public', () => {
    const redactor = createRedactor();
    redactor.registerSecret('abcdef.0123456789abcdef');
    assert.equal(redactor.redact('token abcdef.0123456789abcdef'), `token abcdef.${MASK}`);
    assert.equal(redactor.redact('secret 0123456789abcdef'), `secret ${MASK}`);
  });
});

describe('text that nobody registered', () => {
  const { redact, redactValue } = createRedactor();

  it('shows no secret of a bootstrap token', () => {
    assert.equal(redact('--token abcdef.0123456789abcdef'), `--token abcdef.${MASK}`);
    assert.equal(redact('"token":"abcdef.0123456789abcdef"'), `"token":"abcdef.${MASK}"`);
    assert.equal(redact('a?x%3Dabcdef.0123456789abcdef'), `a?x%3Dabcdef.${MASK}`);
  });

  it('shows no private key, whole, cut off, in a diff or in base64', () => {
    const pem = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIabc\n-----END EC PRIVATE KEY-----\n';
    assert.equal(redact(`a\n${pem}b`), `a\n-----BEGIN EC PRIVATE KEY-----${MASK}\nb`);
    assert.equal(redact(pem.slice(0, 40)), `-----BEGIN EC PRIVATE KEY-----${MASK}`);
    assert.ok(!redact(pem.replace(/^/gm, '+')).includes('MHcCAQEEIabc'));
    for (const kind of ['RSA ', 'EC ', '', 'ENCRYPTED ', 'OPENSSH ']) {
      const encoded = Buffer.from(pem.replaceAll('EC ', kind)).toString('base64');
      assert.equal(redact(`key: ${encoded}`), `key: LS0tLS1CRUdJTiB${MASK}`, kind);
    }
  });

  it('shows certificates, which are public', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    const encoded = Buffer.from(pem).toString('base64');
    assert.equal(redact(pem), pem);
    assert.equal(redact(encoded), encoded);
  });

  it('shows no login of an HTTP request', () => {
    assert.equal(redact('Authorization: Bearer s3cretT0ken.x'), `Authorization: Bearer ${MASK}`);
    assert.equal(redact(`authorization: basic ${'a'.repeat(24)}`), `authorization: basic ${MASK}`);
    const jwt = `eyJhbGciOiJSUzI1NiJ9.${randomBytes(30).toString('base64url')}.${randomBytes(30).toString('base64url')}`;
    assert.equal(redact(`token ${jwt}`), `token eyJ${MASK}`);
  });

  it('shows no value of a flag, variable or key that names a secret', () => {
    assert.equal(redact('join --openapi-token=T9x.y --region=r'), `join --openapi-token=${MASK} --region=r`);
    assert.equal(redact('Nonexistent flag: --join-token=zzz'), `Nonexistent flag: --join-token=${MASK}`);
    assert.equal(redact('--openapi-token abc123def456'), `--openapi-token ${MASK}`);
    assert.equal(redact('EDGEADM_OPENAPI_TOKEN=abc x'), `EDGEADM_OPENAPI_TOKEN=${MASK} x`);
    assert.equal(redact('--secretKey=abc'), `--secretKey=${MASK}`);
    assert.equal(redact('password = "it has spaces"'), `password = "${MASK}"`);
    assert.equal(redact('client-key-data: abc='), `client-key-data: ${MASK}`);
  });

  it('shows no password and no signature in an address', () => {
    assert.equal(redact('GET http://me:pw@host/x'), `GET http://me:${MASK}@host/x`);
    assert.equal(redact('HTTPS_PROXY=http://me:p@w@host:3128'), `HTTPS_PROXY=http://me:${MASK}@host:3128`);
    assert.equal(redact('https://h/v2/blobs/sha256:ab?Signature=ab'), `https://h/v2/blobs/sha256:ab?${MASK}`);
    assert.equal(redact('GET https://h/b.tgz?Expires=1&Signature=ab%3D failed'), `GET https://h/b.tgz?${MASK} failed`);
    assert.equal(redact('https://h/api/v1/nodes?watch=1&timeout=5s'), 'https://h/api/v1/nodes?watch=1&timeout=5s');
  });

  it('shows no environment of a container that a kubelet could not start', () => {
    const dumped =
      'Env:[]EnvVar{EnvVar{Name:A,Value:one\ntwo, three,ValueFrom:nil,},EnvVar{Name:B,Value:,ValueFrom:nil,}';
    const shown = `Env:[]EnvVar{EnvVar{Name:A,Value:${MASK},ValueFrom:nil,},EnvVar{Name:B,Value:,ValueFrom:nil,}`;
    assert.equal(redact(dumped), shown);
  });

  it('stays as it is if it only speaks of secrets', () => {
    const prose = [
      'Bearer authentication failed',
      'edgeadm join 10.0.0.1:6443 --token ID.SECRET --discovery-token-ca-cert-hash sha256:HEX',
      '--token=<value>  bootstrap token',
      './edgeadm join --openapi-token=TOKEN --region=REGION',
      'Token: the token id is known to the cluster',
      'TOKEN_UNKNOWN_OR_EXPIRED',
      `sha256:${'0123456789abcdef'.repeat(4)}`,
      '/var/lib/kubelet/pki/kubelet-client-current.pem',
      'v1.20.11-aliyunedge.1 3.10.0-1160.el7.x86_64',
      'net.bridge.bridge-nf-call-iptables',
      ...Object.values(ERROR_CODES).flatMap((entry) => [entry.cause, entry.evidence, entry.remedy]),
    ];
    for (const text of prose) assert.equal(redact(text), text);
  });

  it('remains JSON if it was JSON', () => {
    const value = {
      password: 'a"b',
      token: 'abcdef.0123456789abcdef',
      url: 'http://a:b@c',
      other: ['x=y', 'secret="z"'],
    };
    assert.doesNotThrow(() => JSON.parse(redact(JSON.stringify(value))));
    assert.doesNotThrow(() => JSON.parse(JSON.stringify(redactValue(value))));
  });

  it('text that nobody registered is not changed a second time', () => {
    const once = redact('Bearer abcdefgh12345678 abcdef.0123456789abcdef http://a:b@c --openapi-token=abc');
    assert.equal(redact(once), once);
  });

  it('redacting a text takes time in proportion to its length, whatever is in it', () => {
    const { redact: redactOne, registerSecret } = createRedactor();
    registerSecret('s3cret value');
    const addresses = ['://', '://a:', '://a?'];
    const pieces = [
      'a',
      'a-',
      'a.',
      'token',
      'bearer ',
      '-----BEGIN PRIVATE KEY-----',
      'eyJaaaaaaaa.',
      'EnvVar{Name:,Value:',
    ];
    for (const piece of [...addresses, ...pieces]) assertGrowsWithLength(redactOne, piece);
  });
});
