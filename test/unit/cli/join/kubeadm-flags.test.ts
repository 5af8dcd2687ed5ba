import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foreignFlagHint } from '../../../../src/cli/foreign-flags.ts';
import { joinRequestOf } from '../../../../src/cli/join/request.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { publicKeyHash } from '../../../../src/pki/ca-hash.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../../src/pki/self-signed.ts';

const TOKEN = 'abcdef.0123456789abcdef';
const OTHER = 'zyxwvu.fedcba9876543210';
const HASH = `sha256:${'a'.repeat(64)}`;

const CA = selfSignedCertificate(await generateKey(), { commonName: 'kubernetes', organizations: [] }, { ips: [] });
const CA_HASH = `sha256:${publicKeyHash(new X509Certificate(CA))}`;

async function mistakeOf(flags: Record<string, unknown>, server?: string): Promise<string> {
  const thrown = await joinRequestOf({ flags, server }).then(
    () => assert.fail('it was accepted'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof EdgeadmError && thrown.code === 'USAGE', String(thrown));
  return [thrown.what, thrown.why].join('\n');
}

describe('flags of a join as kubeadm spells them', () => {
  const pinned = { 'discovery-token-ca-cert-hash': [HASH] };

  for (const flag of ['token', 'discovery-token', 'tls-bootstrap-token'])
    it(`--${flag} is the bootstrap token`, async () => {
      const { draft } = await joinRequestOf({ flags: { ...pinned, [flag]: TOKEN }, server: '10.0.0.1' });
      assert.equal(draft.token, TOKEN);
    });

  it('the same token may be given for discovery and for TLS bootstrap', async () => {
    const flags = { ...pinned, 'discovery-token': TOKEN, 'tls-bootstrap-token': TOKEN };
    assert.equal((await joinRequestOf({ flags, server: '10.0.0.1' })).draft.token, TOKEN);
  });

  it('two tokens that differ are refused, without showing one', async () => {
    const mistake = await mistakeOf({ ...pinned, 'discovery-token': TOKEN, 'tls-bootstrap-token': OTHER }, '10.0.0.1');
    assert.match(mistake, /--discovery-token and --tls-bootstrap-token differ/);
    assert.doesNotMatch(mistake, /0123456789abcdef|fedcba9876543210/);
  });

  it("a token of kubeadm's flags and one of the console cannot be used together", async () => {
    const flags = { 'discovery-token': TOKEN, 'openapi-token': 'x', region: 'cn-hangzhou' };
    assert.match(await mistakeOf(flags), /--discovery-token and --openapi-token cannot be used together/);
  });

  for (const [flag, command, hint] of [
    ['--control-plane', 'join', /worker nodes only; .*`kubeadm join --control-plane`/],
    ['--apiserver-advertise-address=10.0.0.5', 'join', /--node-ip/],
    ['--certificate-key', 'join', /worker nodes only/],
    ['--patches', 'join', /cluster/],
    ['--rootfs', 'join phase', /--root DIR/],
    ['--cert-dir', 'reset', /not needed/],
    ['--cri-socket', 'reset', /not needed/],
    ['--ignore-preflight-errors', 'reset', /--force/],
    ['--vmodule', 'join', /-v .*--log-file/],
    ['--ignore-daemonsets', 'upgrade', /DaemonSets/],
    ['--usages', 'token create', /authentication and signing/],
    // docs.k3s.io/cli/agent, docs.k0sproject.io/stable/cli/k0s_worker
    ['--server', 'join', /argument without a flag: HOST:6443/],
    ['--server=https://10.0.0.1:6443', 'preflight', /argument without a flag/],
    ['--token-file', 'join', /--token @FILE/],
    ['--node-label', 'join', /--labels K=V/],
    ['--node-taint', 'join', /--taints/],
    ['--kubelet-arg', 'join', /--max-pods/],
    ['--data-dir', 'join', /--runtime-root-dir/],
    // kubectl get
    ['-w', 'sandbox get', /kubectl get --watch.*sandbox kubeconfig/],
    ['-l', 'sandbox get', /kubectl --kubeconfig/],
    ['--selector', 'nodepool list', /-o json with jq/],
    ['--watch', 'node list', /kubectl get --watch/],
    ['-w', 'join', undefined],
    // terraform apply
    ['--auto-approve', 'nodepool delete', /--yes/],
    ['--ignore-daemonsets', 'token list', undefined],
    ['--constructor', 'join', undefined],
    ['--no-such-flag', 'join', undefined],
  ] as const)
    it(`${command} ${flag} ${hint ? 'is answered with what to do instead' : 'is a flag that nobody knows'}`, () => {
      const found = foreignFlagHint(flag, command);
      if (hint) assert.match(found ?? '', hint);
      else assert.equal(found, undefined);
    });
});

describe('a join with a discovery file', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-discovery-'));
  });
  after(() => rm(folder, { recursive: true }));

  const CLUSTER = { server: 'https://10.0.0.1:6443', 'certificate-authority-data': Buffer.from(CA).toString('base64') };
  const BARE = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: '', cluster: CLUSTER }],
    users: [],
    contexts: [],
  };
  const whole = (user: object) => ({
    ...BARE,
    clusters: [
      { name: 'other', cluster: { server: 'https://10.9.9.9' } },
      { name: 'c', cluster: CLUSTER },
    ],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    users: [{ name: 'u', user }],
    'current-context': 'x',
  });
  async function file(content: object | string): Promise<string> {
    const path = join(folder, 'discovery.conf');
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  it('a join with a discovery file takes address and CA of the kubeconfig that cluster-info holds', async () => {
    const flags = { 'discovery-file': await file(BARE), 'tls-bootstrap-token': TOKEN };
    const { draft } = await joinRequestOf({ flags });
    assert.deepEqual(
      [draft.apiServers, draft.caCertHashes, draft.token],
      [['https://10.0.0.1:6443'], [CA_HASH], TOKEN],
    );
  });

  it('a join with a discovery file takes cluster and token of the current context', async () => {
    const { draft } = await joinRequestOf({ flags: { 'discovery-file': await file(whole({ token: TOKEN })) } });
    assert.deepEqual(
      [draft.apiServers, draft.caCertHashes, draft.token],
      [['https://10.0.0.1:6443'], [CA_HASH], TOKEN],
    );
  });

  it('an address on the command line is stronger than that of the file', async () => {
    const flags = { 'discovery-file': await file(BARE), token: TOKEN };
    assert.deepEqual((await joinRequestOf({ flags, server: '10.0.0.2' })).draft.apiServers, ['https://10.0.0.2:6443']);
  });

  it('reads a CA that stands in a file beside it', async () => {
    await writeFile(join(folder, 'ca.crt'), CA);
    const beside = {
      ...BARE,
      clusters: [{ name: '', cluster: { server: CLUSTER.server, 'certificate-authority': 'ca.crt' } }],
    };
    const flags = { 'discovery-file': await file(beside), token: TOKEN };
    assert.deepEqual((await joinRequestOf({ flags })).draft.caCertHashes, [CA_HASH]);
  });

  for (const [name, content, mistake] of [
    [
      'without a CA',
      { ...BARE, clusters: [{ name: '', cluster: { server: CLUSTER.server } }] },
      /has no CA certificate/,
    ],
    ['without a server', { ...BARE, clusters: [{ name: '', cluster: { ...CLUSTER, server: '' } }] }, /has no server/],
    ['without a cluster', { ...BARE, clusters: [] }, /no current context/],
    ['that is no YAML', '{', /it is not YAML/],
    [
      'with a CA that is none',
      { ...BARE, clusters: [{ name: '', cluster: { ...CLUSTER, 'certificate-authority-data': 'eA==' } }] },
      /has no CA/,
    ],
  ] as const)
    it(`${name} is refused, with the flag`, async () => {
      const found = await mistakeOf({ 'discovery-file': await file(content), token: TOKEN });
      assert.match(found, /--discovery-file/);
      assert.match(found, mistake);
    });

  it('a file on a web server is to be downloaded first', async () => {
    const found = await mistakeOf({ 'discovery-file': 'https://example.com/d.conf', token: TOKEN });
    assert.match(found, /download it first: curl -fsSo discovery\.conf https:\/\/example\.com\/d\.conf/);
  });

  it('a discovery file is for a join with a bootstrap token', async () => {
    const flags = { 'discovery-file': await file(BARE), 'openapi-token': 'x', region: 'cn-hangzhou' };
    assert.match(await mistakeOf(flags), /--discovery-file and --openapi-token cannot be used together/);
  });
});

describe('a check that no join has', () => {
  it('a check that no join has is refused in --ignore-preflight-errors before anything is done', async () => {
    const flags = {
      token: TOKEN,
      'discovery-token-ca-cert-hash': [HASH],
      'ignore-preflight-errors': ['Swap', 'osuported'],
    };
    assert.match(
      await mistakeOf(flags, '10.0.0.1'),
      /--ignore-preflight-errors: unknown check osuported; did you mean OSSupported\?/,
    );
  });
});
