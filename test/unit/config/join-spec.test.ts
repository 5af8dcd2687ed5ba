import assert from 'node:assert/strict';
import { flagOf, joinDraft, joinSpec, type Layer } from '../../../src/config/join-spec.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';

const HASH = `sha256:${'a'.repeat(64)}`;
const SETTINGS = { yes: false, timeoutMs: 1000, compatMatrix: [] };
const GOOD = { apiServers: ['10.0.0.1'], token: 'abcdef.0123456789abcdef', caCertHashes: [HASH] };

const flags = (values: Record<string, unknown>): Layer => ({ nameOf: flagOf, values });
const file = (values: Record<string, unknown>): Layer => ({ nameOf: (key) => `join.yaml: ${key}`, values });

function mistakesOf(...layers: Layer[]): string {
  try {
    joinSpec(layers, SETTINGS);
  } catch (error) {
    assert.ok(error instanceof EdgeadmError);
    assert.equal(error.exit, 2);
    return `${error.what}\n${error.why ?? ''}`;
  }
  return 'accepted';
}

describe('a join specification', () => {
  it('needs no more than server, token and CA hash', () => {
    const spec = joinSpec([flags(GOOD)], SETTINGS);
    assert.deepEqual(spec.apiServers, ['https://10.0.0.1:6443']);
    assert.equal(spec.runtime, 'containerd');
    assert.equal(spec.rollbackOnFailure, true);
    assert.ok(Object.isFrozen(spec));
  });

  it('lets flags win over the file, and merges labels key by key', () => {
    const spec = joinSpec(
      [
        file({ ...GOOD, nodeName: 'from-file', labels: { a: '1', b: '1' } }),
        flags({ nodeName: 'from-flag', labels: { b: '2' } }),
      ],
      SETTINGS,
    );
    assert.equal(spec.nodeName, 'from-flag');
    assert.deepEqual(spec.labels, { a: '1', b: '2' });
  });

  it('names the keys of an edge-hub that exclude each other, and why the mode local is refused', () => {
    const refused = (values: Record<string, unknown>): string => mistakesOf(flags({ ...GOOD, ...values }));
    assert.match(
      refused({ edgeHubProgram: '/y', edgeHubImage: 'a/b:v1' }),
      /--edge-hub-image and --edge-hub-program cannot be used together/,
    );
    assert.match(refused({ edgeHubProgram: '/y', edgeHubFlavor: 'ack' }), /published only as an image/);
    assert.match(refused({ edgeHubProgram: '/y', edgeHubAs: 'pod' }), /--edge-hub-program and --edge-hub-as pod/);
    assert.match(refused({ edgeHub: false, edgeHubAs: 'service' }), /--edge-hub-as and --no-edge-hub/);
    assert.match(refused({ edgeHubMode: 'local' }), /--edge-hub-mode: local is not supported: .* keeps no cache/);
    assert.equal(refused({ edgeHubProgram: '/y', edgeHubVersion: '1.7.0', edgeHubMode: 'token' }), 'accepted');
  });

  it('merges taints by key and effect, the value of the stronger source winning', () => {
    const taint = (key: string, value: string, effect = 'NoSchedule') => ({ key, value, effect });
    const spec = joinSpec(
      [
        file({ ...GOOD, taints: [taint('a', '1'), taint('b', '1')] }),
        flags({ taints: [taint('b', '2'), taint('b', '3', 'NoExecute')] }),
      ],
      SETTINGS,
    );
    assert.deepEqual(spec.taints, [taint('a', '1'), taint('b', '2'), taint('b', '3', 'NoExecute')]);
  });

  it('does without cluster and token if the container service tells them later, and without nothing else', () => {
    assert.equal(joinDraft([flags({ nodeName: 'edge-1' })], SETTINGS).token, undefined);
    assert.throws(() => joinDraft([flags({ nodeName: 'Bad', nodeIp: 'x' })], SETTINGS), /--node-name[\s\S]*--node-ip/);
  });

  it('tells all mistakes at once, each with its source', () => {
    const text = mistakesOf(
      file({ ...GOOD, nodeIp: '10.0.0.300', typo: 1 }),
      flags({ nodeName: 'Bad', token: 'x', labels: { 'kubernetes.io/x': '1' } }),
    );
    for (const part of [
      'join.yaml: nodeIp',
      'join.yaml: typo: unknown key',
      '--node-name',
      '--token',
      '--labels.kubernetes.io/x',
    ]) {
      assert.ok(text.includes(part), `${part} in\n${text}`);
    }
  });

  it('says what is missing by its flag', () => {
    const text = mistakesOf(flags({ apiServers: undefined }));
    assert.match(text, /the address of the API server is required/);
    assert.match(text, /bootstrap token is required/);
    assert.match(text, /--discovery-token-ca-cert-hash is required/);
  });

  it('says that a token was torn where it was copied', () => {
    const text = mistakesOf(flags({ ...GOOD, token: 'abcdef.01234567\n89abcdef' }));
    assert.match(text, /form ID\.SECRET.*; this one contains a space or a line break/);
  });

  it('counts no values of a flag, and knows which key was probably meant', () => {
    const text = mistakesOf(file({ lables: {} }), flags({ ...GOOD, caCertHashes: ['x'] }));
    assert.match(text, /--discovery-token-ca-cert-hash: must be sha256/);
    assert.match(text, /join\.yaml: lables: unknown key; did you mean labels\?/);
  });

  it('wants the CA pinned, unless the risk is taken knowingly', () => {
    const { caCertHashes: _pin, ...unpinned } = GOOD;
    assert.match(mistakesOf(flags(unpinned)), /--discovery-token-ca-cert-hash is required/);
    assert.equal(mistakesOf(flags({ ...unpinned, unsafeSkipCaVerification: true })), 'accepted');
  });

  it('refuses a bundle over plain http without a pin', () => {
    assert.match(mistakesOf(flags({ ...GOOD, bundle: 'http://10.0.0.1/b' })), /--bundle-sha256/);
    assert.equal(mistakesOf(flags({ ...GOOD, bundle: 'http://10.0.0.1/b', bundleSha256: 'b'.repeat(64) })), 'accepted');
  });

  it('refuses an edge-hub image together with no edge-hub', () => {
    assert.match(mistakesOf(flags({ ...GOOD, edgeHub: false, edgeHubImage: 'hub:1' })), /cannot be used together/);
  });

  it('takes a CRI socket with or without its scheme', () => {
    assert.equal(joinSpec([flags({ ...GOOD, criSocket: 'unix:///run/x.sock' })], SETTINGS).criSocket, '/run/x.sock');
    assert.match(mistakesOf(flags({ ...GOOD, criSocket: 'run/x.sock' })), /absolute path/);
  });

  it('never shows the token in a mistake', () => {
    assert.ok(!mistakesOf(flags({ ...GOOD, token: 'ABCDEF.verysecretsecret' })).includes('verysecretsecret'));
  });
});
