import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import fc from 'fast-check';
import type { EdgeadmError } from '../../../../src/errors/index.ts';
import { localMachine } from '../../../../src/host/local.ts';
import { clientFromKubeconfig } from '../../../../src/kubernetes/kubeconfig/kubeconfig.ts';
import { kubeletKubeconfig } from '../../../../src/kubernetes/kubeconfig/kubelet-kubeconfig.ts';
import { loadKubeconfig } from '../../../../src/kubernetes/kubeconfig/load.ts';
import { currentOf, KubeconfigFault, parseKubeconfig, serverIn } from '../../../../src/kubernetes/kubeconfig/parse.ts';
import { kubeconfigYaml } from '../../../../src/kubernetes/kubeconfig/write.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../../src/pki/self-signed.ts';
import { type ApiServer, apiServer } from '../api-server.ts';

const API = 'client.authentication.k8s.io/v1';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('kubeconfig', () => {
  let folder: string;
  let server: ApiServer;
  /** The one header that is let in; undefined: all. */
  let allowed: string | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-kubeconfig-'));
    server = await apiServer(({ authorization }) => (allowed && authorization !== allowed ? 401 : {}));
  });
  after(() => rm(folder, { recursive: true }));

  async function writeConfig(user: object, cluster: object = { 'certificate-authority-data': base64(server.ca) }) {
    const file = join(folder, 'admin.conf');
    const config = {
      clusters: [{ name: 'c', cluster: { server: server.server, ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    await writeFile(file, JSON.stringify(config));
    return file;
  }

  const openWith = async (user: object, cluster?: object) =>
    clientFromKubeconfig(await writeConfig(user, cluster), server.connect);

  async function askWith(user: object, cluster?: object) {
    const client = await openWith(user, cluster);
    try {
      await client.get('/version');
    } finally {
      client.close();
    }
    return server.requests.at(-1);
  }

  it('logs in with a client certificate', async () => {
    const key = await generateKey();
    const cert = selfSignedCertificate(key, { commonName: 'admin', organizations: [] }, {});
    const request = await askWith({
      'client-certificate-data': base64(cert),
      'client-key-data': base64(key.privatePem),
    });
    assert.equal(request?.user, 'admin');
  });

  it('logs in with a token, in the file or in another one beside it', async () => {
    assert.equal((await askWith({ token: 'abc' }))?.authorization, 'Bearer abc');
    await writeFile(join(folder, 'ca.crt'), server.ca);
    const request = await askWith({ token: 'def' }, { 'certificate-authority': 'ca.crt' });
    assert.equal(request?.authorization, 'Bearer def');
  });

  it('logs in through a program, as the cloud providers have it', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'xyz' },
    };
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'echo',
      args: [JSON.stringify(credential)],
      interactiveMode: 'Never',
    };
    assert.equal((await askWith({ exec }))?.authorization, 'Bearer xyz');
  });

  it('believes no server whose CA it was not told', async () => {
    await assert.rejects(askWith({ token: 'abc' }, {}), { code: 'API_UNREACHABLE', message: /self[- ]signed/ });
    assert.equal((await askWith({ token: 'abc' }, { 'insecure-skip-tls-verify': true }))?.authorization, 'Bearer abc');
  });

  it('a file without a current context says what to do about it', async () => {
    const file = join(folder, 'no-context.conf');
    for (const [contexts, next] of [
      [[], /^Name the kubeconfig of a cluster/],
      [[{ name: 'x', context: { cluster: 'c', user: 'u' } }], /^kubectl --kubeconfig \S+ config use-context x/],
    ] as const) {
      await writeFile(file, JSON.stringify({ contexts }));
      await assert.rejects(clientFromKubeconfig(file, server.connect), { code: 'USAGE', next });
    }
  });

  it('says what is wrong with a file that cannot be used', async () => {
    const missing = join(folder, 'missing.conf');
    await assert.rejects(clientFromKubeconfig(missing, server.connect), {
      code: 'USAGE',
      what: `the kubeconfig ${missing} cannot be used`,
      message: /file not found/,
      next: 'Name one that exists: --kubeconfig FILE',
    });
    const empty = join(folder, 'empty.conf');
    await writeFile(empty, '{"clusters": [], "users": [], "contexts": [], "current-context": "gone"}');
    await assert.rejects(clientFromKubeconfig(empty, server.connect), {
      code: 'USAGE',
      message: /"gone" names no cluster/,
    });
  });

  it('logs in with a user name and a password by Basic, and with the token of a file that is replaced', async () => {
    const basic = `Basic ${Buffer.from('ann:hunter2-of-ann').toString('base64')}`;
    assert.equal((await askWith({ username: 'ann', password: 'hunter2-of-ann' }))?.authorization, basic);
    await writeFile(join(folder, 'token'), 'of-the-file\n');
    const request = await askWith({ token: 'beside', tokenFile: 'token' });
    assert.equal(request?.authorization, 'Bearer of-the-file');
    assert.equal((await askWith({ token: 'beside', tokenFile: 'gone' }))?.authorization, 'Bearer beside');
  });

  it('a token file of a kubeconfig that is a device, a named pipe or missing is named, and never waited for', async () => {
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    for (const [file, why] of [
      ['/dev/zero', /it is a device/],
      ['fifo', /it is a named pipe/],
      ['gone', /file not found/],
    ] as const)
      await assert.rejects(askWith({ tokenFile: file }), (error: EdgeadmError) => {
        assert.equal(error.code, 'USAGE');
        assert.match(error.message, why);
        assert.match(error.what, /tokenFile/);
        return true;
      });
  });

  it('asks an exec plug-in again once its token has ended, and once for requests at the same time', async () => {
    const count = join(folder, 'count');
    for (const [until, runs] of [
      ['2001-01-01T00:00:00Z', 2],
      ['2999-01-01T00:00:00Z', 1],
    ] as const) {
      await writeFile(count, '');
      const client = await openWith({ exec: plugin(`echo >>${count}`, { token: 'xyz', expirationTimestamp: until }) });
      await Promise.all([client.get('/version'), client.get('/version')]);
      await client.get('/version');
      client.close();
      assert.equal((await readFile(count, 'utf8')).length, runs, until);
    }
  });

  it('a request that is cancelled does not cancel the login of an exec plug-in that another waits for', async () => {
    const fifo = join(folder, 'login');
    execFileSync('mkfifo', [fifo]);
    const client = await openWith({ exec: plugin(`read word <${fifo}`, { token: 'xyz' }) });
    const cancelled = new AbortController();
    const first = client.get('/version', { signal: cancelled.signal });
    const second = client.get('/version');
    cancelled.abort(new Error('cancelled'));
    await assert.rejects(first, /cancelled/);
    await writeFile(fifo, 'go\n');
    await second;
    client.close();
    assert.equal(server.requests.at(-1)?.authorization, 'Bearer xyz');
  });

  it('asks an exec plug-in again if the API server answers 401, and sends the request once more', async () => {
    const count = join(folder, 'count');
    await writeFile(count, '');
    const exec = plugin(`echo >>${count}`, { token: `$(wc -l <${count} | tr -d ' ')` });
    allowed = 'Bearer 2';
    const client = await openWith({ exec });
    await client.create('/api/v1/namespaces', {});
    client.close();
    allowed = undefined;
    assert.equal((await readFile(count, 'utf8')).length, 2);
    assert.equal(server.requests.at(-1)?.authorization, 'Bearer 2');
  });

  for (const [what, script, why] of [
    ['fails', 'echo no network >&2; exit 3', /exited with code 3: no network/],
    ['prints no JSON', 'echo secret-token', /not JSON/],
    ['prints null', 'echo null', /not an ExecCredential/],
    ['gives no credentials', `echo '${credential({})}'`, /neither a token nor a certificate/],
    [
      'gives a certificate that is none',
      `echo '${credential({ clientCertificateData: 'x', clientKeyData: 'y' })}'`,
      /certificate cannot be read/,
    ],
  ] as const) {
    it(`names an exec plug-in that ${what}`, async () => {
      const exec = { apiVersion: API, command: 'sh', args: ['-c', script], interactiveMode: 'Never' };
      await assert.rejects(askWith({ exec }), (error: EdgeadmError) => {
        assert.equal(error.code, 'USAGE');
        assert.match(error.what, /exec plug-in sh/);
        assert.match(error.why ?? '', why);
        assert.doesNotMatch(error.message, /secret-token/);
        return true;
      });
    });
  }

  it('names an exec plug-in of a version that Kubernetes has removed, and an auth-provider', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1alpha1', command: 'sh' };
    await assert.rejects(askWith({ exec }), { code: 'USAGE', message: /v1alpha1/ });
    await assert.rejects(askWith({ 'auth-provider': { name: 'gcp' } }), {
      code: 'USAGE',
      message: /auth-provider gcp/,
    });
  });

  it('kubeconfig with `as`: every request is made in the name of that user, with its groups', async () => {
    const user = {
      token: 'abc',
      as: 'ann',
      'as-uid': '7',
      'as-groups': ['g1', 'g2'],
      'as-user-extra': { 'a/b': ['x'] },
    };
    const request = await askWith(user);
    assert.equal(request?.authorization, 'Bearer abc');
    assert.deepEqual(request?.impersonation, [
      'Impersonate-User: ann',
      'Impersonate-Uid: 7',
      'Impersonate-Group: g1',
      'Impersonate-Group: g2',
      'Impersonate-Extra-a%2Fb: x',
    ]);
    assert.deepEqual((await askWith({ token: 'abc', 'as-groups': ['g1'] }))?.impersonation, []);
  });

  it('takes the name of the certificate from tls-server-name', async () => {
    const cluster = { 'certificate-authority-data': base64(server.ca), 'tls-server-name': '10.0.0.2' };
    await assert.rejects(askWith({ token: 'abc' }, cluster), { code: 'API_UNREACHABLE', message: /10\.0\.0\.2/ });
    const other = { ...cluster, server: 'https://10.9.9.9:6443', 'tls-server-name': '10.0.0.1' };
    assert.equal((await askWith({ token: 'abc' }, other))?.authorization, 'Bearer abc');
  });

  it('keeps the path of the server', async () => {
    const cluster = { server: `${server.server}/k8s/clusters/c-1`, 'certificate-authority-data': base64(server.ca) };
    assert.equal((await askWith({ token: 'abc' }, cluster))?.path, '/k8s/clusters/c-1/version');
  });

  describe('proxy-url', () => {
    let proxy: Server;
    let asked: string[];

    beforeEach(async () => {
      asked = [];
      proxy = createServer().on('connect', async ({ url, headers }, socket) => {
        asked.push(`${url} ${headers['proxy-authorization'] ?? ''}`.trim());
        if (url?.startsWith('10.0.0.9')) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        const upstream = await server.connect();
        socket
          .on('error', () => {})
          .pipe(upstream)
          .pipe(socket);
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    });
    afterEach(() => {
      proxy.close();
      proxy.closeAllConnections();
    });

    async function askThrough(at: string): Promise<void> {
      const { port } = proxy.address() as AddressInfo;
      const cluster = {
        server: at,
        'certificate-authority-data': base64(server.ca),
        'proxy-url': `http://me:proxy-password@127.0.0.1:${port}`,
      };
      const file = await writeConfig({ token: 'abc' }, cluster);
      const client = await clientFromKubeconfig(file, (address, options) => localMachine().connect(address, options));
      try {
        await client.get('/version');
      } finally {
        client.close();
      }
    }

    it('carries every request, and the API server alone sees the credentials of the cluster', async () => {
      await askThrough(server.server);
      assert.deepEqual(asked, [`10.0.0.1:6443 Basic ${Buffer.from('me:proxy-password').toString('base64')}`]);
      assert.equal(server.requests.at(-1)?.authorization, 'Bearer abc');
    });

    it('kubeconfig proxy-url of a proxy that refuses is named with its answer', async () => {
      await assert.rejects(askThrough('https://10.0.0.9:6443'), {
        code: 'API_UNREACHABLE',
        message: /the proxy .* answered 407/,
      });
    });

    it('kubeconfig proxy-url of another kind is refused', async () => {
      await assert.rejects(askWith({}, { 'proxy-url': 'ftp://proxy' }), { code: 'USAGE', message: /proxy-url/ });
    });
  });

  describe('KUBECONFIG as a list', () => {
    const config = (name: string, user: object, context?: string) =>
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: `https://${name}`, 'certificate-authority': `${name}.crt` } }],
        users: [{ name: 'u', user }],
        contexts: [{ name, context: { cluster: 'c', user: 'u' } }],
        ...(context && { 'current-context': context }),
      });

    it('KUBECONFIG as a list is merged as kubectl does: the first file decides, paths are relative to their file, missing files are skipped', async () => {
      const [one, two] = [join(folder, 'one.conf'), join(folder, 'two.conf')];
      await writeFile(one, config('one', { token: 'first' }));
      await writeFile(two, config('two', { token: 'second', tokenFile: 'token' }, 'two'));
      const KUBECONFIG = [join(folder, 'gone.conf'), one, '', two, one].join(delimiter);
      const merged = await loadKubeconfig(KUBECONFIG, { KUBECONFIG });
      assert.equal(merged['current-context'], 'two');
      assert.equal(
        merged.clusters.find(({ name }) => name === 'c')?.cluster['certificate-authority'],
        join(folder, 'one.crt'),
      );
      assert.deepEqual(
        [merged.users.length, merged.users[0]?.user.token, merged.users[0]?.user.tokenFile],
        [1, 'first', undefined],
      );
      assert.deepEqual(merged.contexts.map(({ name }) => name).sort(), ['one', 'two']);
    });

    it('names the damaged file of it, and says so if none exists', async () => {
      const [one, two] = [join(folder, 'one.conf'), join(folder, 'damaged.conf')];
      await writeFile(one, config('one', {}));
      await writeFile(two, '{"users": [{"name": "u", "user": {"token": 5}}]}');
      const both = [one, two].join(delimiter);
      await assert.rejects(loadKubeconfig(both, { KUBECONFIG: both }), {
        code: 'USAGE',
        what: `the kubeconfig ${two} cannot be used`,
        why: /^users\[0\]\.user\.token: /,
      });
      const none = ['/nonexistent/a', '/nonexistent/b'].join(delimiter);
      await assert.rejects(loadKubeconfig(none, { KUBECONFIG: none }), {
        code: 'USAGE',
        why: /none of its files exists/,
        next: /^Name one that exists/,
      });
    });

    it('kubeconfig KUBECONFIG as a list is no list in --kubeconfig: a name may have a colon', async () => {
      const file = join(folder, 'with:colon.conf');
      await writeFile(file, config('one', {}, 'one'));
      assert.equal((await loadKubeconfig(file, {}))['current-context'], 'one');
    });
  });

  for (const list of ['clusters', 'users', 'contexts'] as const)
    it(`kubeconfig with two ${list} of one name is refused, as kubectl does`, () => {
      const item = { clusters: { cluster: {} }, users: { user: {} }, contexts: { context: {} } }[list];
      const twice = {
        [list]: [
          { name: 'a', ...item },
          { name: 'b', ...item },
          { name: 'a', ...item },
        ],
      };
      assert.throws(() => parseKubeconfig(JSON.stringify(twice)), {
        name: 'KubeconfigFault',
        message: `${list}[2].name: the name is used twice`,
      });
    });

  it('kubeconfig that is too large, or a device, is refused before it is read', async () => {
    const large = join(folder, 'large.conf');
    await writeFile(large, '');
    await truncate(large, 9 * 1024 ** 2);
    await assert.rejects(loadKubeconfig(large), { code: 'USAGE', why: /larger than 8 MiB/ });
    await assert.rejects(loadKubeconfig('/dev/zero'), { code: 'USAGE', why: /a device, not a file/ });
  });

  it('kubeconfig that is damaged is named by its line, without the text there', () => {
    assert.throws(
      () => parseKubeconfig('users:\n- name: u\n  user: {token: "secret'),
      (error: Error) => {
        assert.match(error.message, /^line \d+: it is not YAML/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  });

  it('kubeconfig of any shape is read, or refused with a fault of its own', () => {
    const keys = [
      'clusters',
      'users',
      'contexts',
      'current-context',
      'name',
      'cluster',
      'user',
      'context',
      'server',
      'exec',
    ];
    const scalar = fc.oneof(fc.constant(null), fc.string(), fc.integer(), fc.boolean());
    const shape = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 4 }, scalar, tie('map'), fc.array(tie('map'), { maxLength: 2 })),
      map: fc.dictionary(fc.constantFrom(...keys), tie('any'), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(
        fc.oneof(
          shape.map.map((value) => JSON.stringify(value)),
          fc.string(),
        ),
        (yaml) => {
          try {
            parseKubeconfig(yaml);
          } catch (error) {
            assert.ok(error instanceof KubeconfigFault, String(error));
          }
        },
      ),
    );
  });
});

function credential(status: object): string {
  return JSON.stringify({ apiVersion: API, kind: 'ExecCredential', status });
}

/** A plug-in that runs a command of the shell first; the shell fills in its answer. */
function plugin(first: string, status: object): object {
  const script = `${first}\ncat <<END\n${credential(status)}\nEND`;
  return { apiVersion: API, command: 'sh', args: ['-c', script], interactiveMode: 'Never' };
}

describe('the kubeconfigs that edgeadm writes to a node', () => {
  it('the kubeconfigs that edgeadm writes to a node are read by its own parser as they were meant', () => {
    const user = { 'client-certificate': '/a.pem', 'client-key': '/a.pem' };
    const { cluster, user: read } = currentOf(
      parseKubeconfig(kubeconfigYaml({ server: 'https://10.0.0.1:6443', caPem: 'the CA', user })),
    );
    assert.deepEqual([cluster.server, cluster['certificate-authority-data']], ['https://10.0.0.1:6443', 'the CA']);
    assert.equal(read['client-key'], '/a.pem');
    assert.equal(serverIn(kubeletKubeconfig('http://127.0.0.1:10261')), 'http://127.0.0.1:10261');
  });

  it('the kubeconfigs of a node that are missing or damaged name no server, and stop no reset or diagnosis', () => {
    for (const text of [
      undefined,
      '',
      'null',
      '- 1',
      'clusters: 5',
      'clusters: [{}]',
      'clusters: [{cluster: {server: 5}}]',
      '{',
    ])
      assert.equal(serverIn(text), undefined, `${text}`);
    const odd = 'clusters: [{cluster: {server: "https://10.0.0.1:6443", certificate-authority-data: "!"}}]';
    assert.equal(serverIn(odd), 'https://10.0.0.1:6443');
  });
});
