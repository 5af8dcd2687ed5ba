import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { describeClock, parseClusterInfo, verifySignature } from '../../../../src/kubernetes/api/cluster-info.ts';

const SECRET = '0123456789abcdef';
const KUBECONFIG = `apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: ${Buffer.from('CA').toString('base64')}\n    server: https://10.0.0.1:6443\n`;

function sign(secret: string, header: object = { alg: 'HS256', kid: 'abcdef' }): string {
  const head = Buffer.from(JSON.stringify(header)).toString('base64url');
  const payload = Buffer.from(KUBECONFIG).toString('base64url');
  return `${head}..${createHmac('sha256', secret).update(`${head}.${payload}`).digest('base64url')}`;
}

function info(signature: string | undefined) {
  const data: Record<string, string> = { kubeconfig: KUBECONFIG };
  if (signature !== undefined) data['jws-kubeconfig-abcdef'] = signature;
  return parseClusterInfo({ status: 200, server: 'https://10.0.0.1:6443', body: { data } });
}

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return error instanceof EdgeadmError ? error.code : String(error);
  }
  return 'accepted';
};

describe('cluster-info', () => {
  it('cluster-info is believed when it was signed with the secret of the token', () => {
    assert.equal(
      codeOf(() => verifySignature(info(sign(SECRET)), `abcdef.${SECRET}`)),
      'accepted',
    );
  });

  it('tells a wrong secret from an unknown token', () => {
    assert.equal(
      codeOf(() => verifySignature(info(sign('fedcba9876543210')), `abcdef.${SECRET}`)),
      'TOKEN_INVALID',
    );
    assert.equal(
      codeOf(() => verifySignature(info(undefined), `abcdef.${SECRET}`)),
      'TOKEN_UNKNOWN_OR_EXPIRED',
    );
  });

  it('cluster-info is not believed without a signature algorithm, or with a damaged signature', () => {
    for (const signature of [sign(SECRET, { alg: 'none' }), 'x', '..', `${sign(SECRET)}A`, '']) {
      assert.notEqual(
        codeOf(() => verifySignature(info(signature), `abcdef.${SECRET}`)),
        'accepted',
        signature,
      );
    }
  });

  it('cluster-info that is missing or damaged is named so', () => {
    const answer = (status: number, body: object) => ({ status, server: 's', body });
    assert.equal(
      codeOf(() => parseClusterInfo(answer(403, {}))),
      'CLUSTER_INFO_INVALID',
    );
    assert.equal(
      codeOf(() => parseClusterInfo(answer(200, {}))),
      'CLUSTER_INFO_INVALID',
    );
    assert.equal(
      codeOf(() => parseClusterInfo(answer(200, { data: { kubeconfig: '{' } }))),
      'CLUSTER_INFO_INVALID',
    );
  });

  const clusterOf = (name: string, server: string): string =>
    `- name: ${name}\n  cluster: {server: "${server}", certificate-authority-data: ${Buffer.from('CA').toString('base64')}}\n`;
  const TWO = `clusters:\n${clusterOf('old', 'https://10.0.0.8:6443')}${clusterOf('new', 'HTTPS://10.0.0.9:6443')}`;
  const CONTEXTS = 'contexts:\n- {name: a, context: {cluster: old}}\n- {name: b, context: {cluster: new}}\n';
  for (const [what, kubeconfig, server] of [
    [
      'that of the current context, as kubeadm chooses',
      `${TWO}${CONTEXTS}current-context: b\n`,
      'HTTPS://10.0.0.9:6443',
    ],
    [
      'the one without a name, which kubeadm publishes',
      `${TWO}${clusterOf('""', 'https://10.0.0.7:6443')}`,
      'https://10.0.0.7:6443',
    ],
    ['the first without a context', TWO, 'https://10.0.0.8:6443'],
    ['the first if the contexts are damaged', `${TWO}contexts: 5\ncurrent-context: [b]\n`, 'https://10.0.0.8:6443'],
  ] as const)
    it(`a cluster-info with several clusters is about ${what}`, () => {
      const body = { data: { kubeconfig } };
      assert.equal(parseClusterInfo({ status: 200, server: 's', body }).advertisedServer, server);
    });

  it('shows the clock difference beside an unknown token', () => {
    try {
      verifySignature(info(undefined), `abcdef.${SECRET}`, 86_400_000);
      assert.fail('accepted');
    } catch (error) {
      assert.match((error as EdgeadmError).why ?? '', /24\.0 hours behind/);
    }
  });
});

describe('a clock difference in words', () => {
  for (const [ms, text] of [
    [500, /agree/],
    [-30_000, /30 s ahead/],
    [600_000, /10 minutes behind/],
    [-3 * 86_400_000, /3\.0 days ahead/],
  ] as const) {
    it(`a clock difference in words of ${ms} ms: ${text.source}`, () => assert.match(describeClock(ms), text));
  }
});

describe('an answer that is no cluster-info', () => {
  const answered = (status: number, body: unknown): EdgeadmError => {
    try {
      parseClusterInfo({ status, body, server: 'https://10.0.0.1:6443' });
    } catch (error) {
      return error as EdgeadmError;
    }
    throw new Error('it was accepted');
  };

  for (const [thread, status, body, next] of [
    [
      'kubernetes/kubeadm#1105, #1436: anonymous requests are off',
      401,
      { kind: 'Status', code: 401 },
      /--anonymous-auth=true/,
    ],
    [
      'kubernetes-sigs/kubespray#4117: it may not be read',
      403,
      { kind: 'Status', code: 403 },
      /init phase bootstrap-token/,
    ],
    ['it is not there', 404, { kind: 'Status', code: 404 }, /init phase bootstrap-token/],
    ['a captive portal', 200, '<!DOCTYPE html><html><head><title>Log in</title></head></html>', /captive portal/],
    ['a captive portal that says so (RFC 6585)', 511, '<html></html>', /captive portal/],
    ['a web server', 404, '<html><body>nginx</body></html>', /web server/],
    ['a proxy that wants a login', 407, '', /asks for a login/],
    ['a load balancer without targets', 503, '<html><body>503 Service Unavailable</body></html>', /load balancer/],
  ] as const)
    it(`an unusable cluster-info has the remedy for what it is: ${thread}`, () => {
      const error = answered(status, body);
      assert.equal(error.code, 'CLUSTER_INFO_INVALID');
      assert.match(error.next, next);
    });
});
