import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import tls from 'node:tls';
import forge from 'node-forge';
import { type DownloadOptions, download, type ExpectedFile } from '../../../src/artifacts/download.ts';
import { httpClient, TRANSFER_LIMITS } from '../../../src/artifacts/http.ts';
import { failure, sha256, temporaryFolder } from './fixtures.ts';
import { answer, cut, type WebServer, type WebServerOptions, webServer } from './web-server.ts';

const DATA = Buffer.alloc(1_000_000, 'the kubelet of the test bed. ');
const FILES = new Map([['kubelet', DATA]]);
const QUICK = { ...TRANSFER_LIMITS, pauseMs: [1, 5] as const };

const folder = temporaryFolder();
const servers: WebServer[] = [];
let files = 0;

async function serve(options: Partial<WebServerOptions> = {}): Promise<WebServer> {
  const server = await webServer({ files: FILES, ...options });
  servers.push(server);
  return server;
}

async function fetchFile(url: string, wanted: Partial<ExpectedFile> = {}, options: Partial<DownloadOptions> = {}) {
  const limits = options.limits ?? QUICK;
  const client = httpClient(limits);
  const path = folder.path(`file-${files++}`);
  const all = { sha256: sha256(DATA), maxBytes: 10_000_000, ...wanted };
  try {
    const saved = await download(client, new URL(url), path, all, { ...options, limits });
    assert.equal(sha256(await readFile(path)), saved.sha256);
    return saved;
  } finally {
    client.close();
  }
}

describe('a download', () => {
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it('brings the file and tells how far it is', async () => {
    const { url } = await serve();
    const reports: [number, number][] = [];
    const { size } = await fetchFile(`${url}/kubelet`, {}, { onProgress: (...report) => reports.push(report) });
    assert.equal(size, DATA.length);
    assert.deepEqual(reports.at(-1), [DATA.length, DATA.length]);
    assert.ok(reports.every(([done], i) => i === 0 || done >= (reports[i - 1]?.[0] ?? 0)));
  });

  it('goes on where it was cut in the middle', async () => {
    const { url, requests } = await serve({ fault: cut('/kubelet', 300_000, 2) });
    const reasons: string[] = [];
    await fetchFile(`${url}/kubelet`, {}, { onRetry: (reason) => reasons.push(reason) });
    const [first, second = 0, third = 0] = requests.map(startOf);
    assert.deepEqual([first, second > 0, third > second, reasons.length], [undefined, true, true, 2]);
  });

  it('begins again if the server knows no Range', async () => {
    const { url, requests } = await serve({ ranges: false, fault: cut('/kubelet', 300_000, 1, '') });
    await fetchFile(`${url}/kubelet`);
    assert.equal(requests.length, 2);
  });

  it('begins again if the file on the server changed in between', async () => {
    const { url, requests } = await serve({ fault: cut('/kubelet', 300_000, 1, '"older"') });
    await fetchFile(`${url}/kubelet`);
    assert.deepEqual(
      requests.map((request) => startOf(request) !== undefined),
      [false, true],
    );
  });

  it('begins again if the parts do not fit together', async () => {
    let asked = 0;
    const { url, requests } = await serve({
      fault: (request, response, data) => {
        if (++asked === 1) return cut('/kubelet', 300_000, 1)(request, response, data);
        if (asked > 2) return false;
        const start = startOf({ range: request.headers.range }) ?? 0;
        const head = { 'content-range': `bytes ${start}-999999/1000000`, etag: '"one"' };
        response.writeHead(206, head).end(Buffer.alloc(1_000_000 - start, 'x'));
        return true;
      },
    });
    await fetchFile(`${url}/kubelet`);
    assert.deepEqual(
      requests.map((request) => startOf(request) !== undefined),
      [false, true, false],
    );
  });

  it('tries again after 503, for as long as the server asks', async () => {
    const { url, requests } = await serve({ fault: answer('/kubelet', 503, 2, { 'retry-after': '0' }) });
    await fetchFile(`${url}/kubelet`);
    assert.equal(requests.length, 3);
  });

  it('gives up after five tries without progress and says what the last one met', async () => {
    const { url, requests } = await serve({ fault: answer('/kubelet', 503, 99) });
    await assert.rejects(
      fetchFile(`${url}/kubelet`),
      failure('DOWNLOAD_FAILED', `cannot download ${url}/kubelet`, '5 attempts', '503 Service Unavailable'),
    );
    assert.equal(requests.length, 5);
  });

  it('does not give up as long as every try brings something', async () => {
    const { url, requests } = await serve({ fault: cut('/kubelet', 100_000, 9) });
    await fetchFile(`${url}/kubelet`);
    assert.equal(requests.length, 10);
  });

  it('gives up on a server that begins again each time and never gets further', async () => {
    const { url, requests } = await serve({ ranges: false, fault: cut('/kubelet', 300_000, 99, '') });
    await assert.rejects(fetchFile(`${url}/kubelet`), failure('DOWNLOAD_FAILED'));
    assert.ok(requests.length < 8);
  });

  it('fails at once if the file is not there', async () => {
    const { url, requests } = await serve();
    await assert.rejects(fetchFile(`${url}/kubectl`), failure('DOWNLOAD_FAILED', '404 Not Found'));
    assert.equal(requests.length, 1);
  });

  it('fails at once on a wrong sum, with both sums', async () => {
    const { url, requests } = await serve();
    const wanted = { sha256: '0'.repeat(64) };
    await assert.rejects(fetchFile(`${url}/kubelet`, wanted), failure('BUNDLE_INVALID', '0'.repeat(64), sha256(DATA)));
    assert.equal(requests.length, 1);
  });

  it('takes nothing larger than was declared', async () => {
    const { url } = await serve();
    await assert.rejects(fetchFile(`${url}/kubelet`, { size: 10 }), failure('BUNDLE_INVALID', '10 bytes expected'));
    await assert.rejects(fetchFile(`${url}/kubelet`, { maxBytes: 10 }), failure('BUNDLE_INVALID', 'at most 10 B'));
  });

  it('stops writing if more comes than was declared, whatever the header says', async () => {
    const { url } = await serve({
      fault: (_, response, data) => {
        response.writeHead(200);
        response.end(data);
        return true;
      },
    });
    await assert.rejects(
      fetchFile(`${url}/kubelet`, { size: 70_000 }),
      failure('BUNDLE_INVALID', 'the server sent more'),
    );
    assert.ok((await readFile(folder.path(`file-${files - 1}`))).length <= 70_000);
  });

  it('tries again if a server without lengths ends early', async () => {
    let asked = 0;
    const { url } = await serve({
      fault: (_, response, data) => {
        if (asked++ > 0) return false;
        response.shouldKeepAlive = false;
        response.writeHead(200, { 'transfer-encoding': 'identity', connection: 'close' });
        response.end(data.subarray(0, 1000));
        return true;
      },
    });
    await fetchFile(`${url}/kubelet`, { size: DATA.length });
  });

  it('refuses before the first byte what the disk cannot hold', async () => {
    const { url } = await serve({
      fault: (_, response) => {
        response.writeHead(200, { 'content-length': 2 ** 53 - 1 }).flushHeaders();
        return true;
      },
    });
    await assert.rejects(
      fetchFile(`${url}/kubelet`, { maxBytes: Number.POSITIVE_INFINITY }),
      failure('NO_SPACE', 'free', 'needed'),
    );
  });

  it('does not wait for ever on a silent server', async () => {
    const limits = { ...QUICK, idleTimeoutMs: 50, tries: 2 };
    const { url } = await serve({ fault: () => true });
    await assert.rejects(fetchFile(`${url}/kubelet`, {}, { limits }), failure('DOWNLOAD_FAILED', 'no data for 50ms'));
  });

  it('goes on with a server that falls silent in the middle', async () => {
    const limits = { ...QUICK, idleTimeoutMs: 100 };
    let asked = 0;
    const { url, requests } = await serve({
      fault: (_, response, data) => {
        if (asked++ > 0) return false;
        response.writeHead(200, { 'content-length': data.length, etag: '"one"' });
        response.write(data.subarray(0, 200_000));
        return true;
      },
    });
    const reasons: string[] = [];
    await fetchFile(`${url}/kubelet`, {}, { limits, onRetry: (reason) => reasons.push(reason) });
    assert.match(requests[1]?.range ?? '', /^bytes=\d+-$/);
    assert.match(reasons[0] ?? '', /no data for 100ms/);
  });

  /** Sends so many bytes at a time, with a pause between, and never the whole file. */
  function drip(bytes: number, pauseMs: number): WebServerOptions['fault'] {
    return (_, response, data) => {
      response.writeHead(200, { 'content-length': data.length, etag: '"one"' });
      const timer = setInterval(() => response.write(data.subarray(0, bytes)), pauseMs);
      response.on('close', () => clearInterval(timer));
      return true;
    };
  }

  it('ends a try that is too slow, and says how slow it was and what was expected', async () => {
    const limits = { ...QUICK, tries: 2, trySlowMs: 60, lowestRate: 100_000 };
    const { url, requests } = await serve({ fault: drip(1, 5) });
    await assert.rejects(
      fetchFile(`${url}/kubelet`, {}, { limits }),
      failure('DOWNLOAD_FAILED', '2 attempts', /sends \d+ B in \d+ms; at least 100 kB per second are required/),
    );
    assert.equal(requests.length, 2);
  });

  it('ends a download that gets further with every try, but too slowly as a whole', async () => {
    const limits = { ...QUICK, slowMs: 100, lowestRate: 100_000_000 };
    const { url } = await serve({ fault: cut('/kubelet', 64 * 1024, 99) });
    const wanted = { size: undefined, maxBytes: 100_000_000 };
    await assert.rejects(
      fetchFile(`${url}/kubelet`, wanted, { limits }),
      failure('DOWNLOAD_FAILED', 'per second are required'),
    );
  });

  /** Answers that bring no file. */
  const NO_FILES: Readonly<Record<string, WebServerOptions['fault']>> = {
    'it answered 101 Switching Protocols': (_, { socket }) =>
      socket?.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n') ?? true,
    'does not speak HTTP': (_, { socket }) => socket?.end('220 ftp.example.com\r\n') !== undefined,
    'closes every connection': (_, { socket }) => socket?.destroy() !== undefined,
    'floods interim answers': (_, { socket }) =>
      socket?.write('HTTP/1.1 102 Processing\r\n\r\n'.repeat(10_000)) !== undefined,
    'answers 404': (_, response) => response.writeHead(404).end() !== undefined,
    'sent a redirect without a target': (_, response) => response.writeHead(302).end() !== undefined,
    'redirects to a file of this machine': (_, response) =>
      response.writeHead(302, { location: 'file:///etc/passwd' }).end() !== undefined,
  };

  for (const [what, fault] of Object.entries(NO_FILES)) {
    it(`fails with the address of a server that ${what}`, async () => {
      const { url } = await serve({ fault });
      const limits = { ...QUICK, tries: 2 };
      await assert.rejects(fetchFile(`${url}/kubelet`, {}, { limits }), failure('DOWNLOAD_FAILED', `${url}/kubelet`));
    });
  }

  it('says so if nothing listens', async () => {
    const server = await serve();
    await server.close();
    const limits = { ...QUICK, tries: 2 };
    await assert.rejects(
      fetchFile(`${server.url}/kubelet`, {}, { limits }),
      failure('DOWNLOAD_FAILED', 'ECONNREFUSED'),
    );
  });

  it('ends at once when it is interrupted', async () => {
    const { url } = await serve({ fault: cut('/kubelet', 300_000, 99) });
    const controller = new AbortController();
    const limits = { ...QUICK, pauseMs: [60_000, 60_000] as const };
    const options = { limits, signal: controller.signal, onRetry: () => controller.abort() };
    await assert.rejects(fetchFile(`${url}/kubelet`, {}, options), failure('INTERRUPTED'));
  });

  it('follows redirects, but not for ever', async () => {
    const other = await serve();
    const { url } = await serve({ fault: answer('/old', 302, 99, { location: `${other.url}/kubelet` }) });
    await fetchFile(`${url}/old`);
    const loop = await serve({ fault: answer('/', 301, 99, { location: '/again' }) });
    await assert.rejects(fetchFile(`${loop.url}/kubelet`), failure('DOWNLOAD_FAILED', 'more than 5 redirects'));
    assert.equal(loop.requests.length, 6);
  });

  it('sends no password over plain http', async () => {
    const { url, requests } = await serve();
    const secret = `${url.replace('://', '://user:hunter2@')}/kubelet`;
    await assert.rejects(fetchFile(secret), (error: Error) => {
      assert.doesNotMatch(error.message, /hunter2/);
      return failure('DOWNLOAD_FAILED', 'over https only')(error);
    });
    assert.equal(requests.length, 0);
  });

  describe('over https', () => {
    const authority = certificate();
    const before = tls.getCACertificates('default');
    beforeEach(() => tls.setDefaultCACertificates([...before, authority.cert]));
    afterEach(() => tls.setDefaultCACertificates(before));

    it('a download over https checks the certificate', async () => {
      const { url, requests } = await serve({ tls: authority });
      await fetchFile(`${url}/kubelet`);
      assert.equal(requests.length, 1);
    });

    it('does not try again with a certificate that is not trusted', async () => {
      tls.setDefaultCACertificates(before);
      const { url, requests } = await serve({ tls: authority });
      await assert.rejects(fetchFile(`${url}/kubelet`), failure('DOWNLOAD_FAILED', /certificate/));
      assert.equal(requests.length, 0);
    });

    it('gives credentials to the server they are for and to no other', async () => {
      const other = await serve({ tls: authority });
      const first = await serve({
        tls: authority,
        fault: answer('/kubelet', 307, 1, { location: `${other.url}/kubelet` }),
      });
      await fetchFile(`${first.url.replace('://', '://user:p%40ss@')}/kubelet`);
      assert.equal(first.requests[0]?.authorization, `Basic ${Buffer.from('user:p@ss').toString('base64')}`);
      assert.equal(other.requests[0]?.authorization, undefined);
    });

    it('tells no query string, password or fragment in errors and reasons', async () => {
      const { url } = await serve({ tls: authority, fault: answer('/kubelet', 500, 99) });
      const reasons: string[] = [];
      const secret = `${url.replace('://', '://user:hunter2@')}/kubelet?signature=hunter2#hunter2`;
      const options = { onRetry: (reason: string) => reasons.push(reason) };
      await assert.rejects(fetchFile(secret, {}, options), (error: Error & { toJSON(): object }) => {
        assert.doesNotMatch(JSON.stringify(error.toJSON()) + reasons.join() + error.stack, /hunter2/);
        return failure('DOWNLOAD_FAILED', '/kubelet answered 500')(error);
      });
    });

    it('a download over https is never led to plain http', async () => {
      const plain = await serve();
      const { url } = await serve({
        tls: authority,
        fault: answer('/kubelet', 302, 99, { location: `${plain.url}/kubelet?token=hunter2` }),
      });
      await assert.rejects(fetchFile(`${url}/kubelet`), (error: Error) => {
        assert.doesNotMatch(error.message, /hunter2/);
        return failure('DOWNLOAD_FAILED', 'is not https')(error);
      });
      assert.equal(plain.requests.length, 0);
    });
  });

  describe('behind a proxy', () => {
    const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
    const saved = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
    beforeEach(() => {
      for (const name of variables) delete process.env[name];
    });
    afterEach(() => {
      for (const [name, value] of Object.entries(saved)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    });

    it('goes through the one that HTTP_PROXY names, with its password', async () => {
      const proxy = await plainProxy();
      process.env.HTTP_PROXY = proxy.url.replace('://', '://me:hunter2@');
      const { url } = await serve();
      await fetchFile(`${url}/kubelet`);
      assert.deepEqual(proxy.seen, [`GET ${url}/kubelet Basic ${Buffer.from('me:hunter2').toString('base64')}`]);
      proxy.close();
    });

    it('tunnels https through the one that HTTPS_PROXY names', async () => {
      const proxy = await plainProxy();
      const authority = certificate();
      const defaults = tls.getCACertificates('default');
      tls.setDefaultCACertificates([...defaults, authority.cert]);
      process.env.HTTPS_PROXY = proxy.url;
      const { url } = await serve({ tls: authority });
      await fetchFile(`${url}/kubelet`);
      assert.deepEqual(proxy.seen, [`CONNECT ${url.slice('https://'.length)}`]);
      tls.setDefaultCACertificates(defaults);
      proxy.close();
    });

    it('goes past it if NO_PROXY says so', async () => {
      const proxy = await plainProxy();
      process.env.HTTP_PROXY = proxy.url;
      process.env.NO_PROXY = 'example.com,127.0.0.1';
      const { url } = await serve();
      await fetchFile(`${url}/kubelet`);
      assert.deepEqual(proxy.seen, []);
      proxy.close();
    });

    it('tells no password of it if it is away', async () => {
      process.env.HTTP_PROXY = 'http://me:hunter2@127.0.0.1:1';
      const { url } = await serve();
      await assert.rejects(fetchFile(`${url}/kubelet`, {}, { limits: { ...QUICK, tries: 1 } }), (error: Error) => {
        assert.doesNotMatch(`${error.message}${error.stack}`, /hunter2/);
        return failure('DOWNLOAD_FAILED')(error);
      });
    });
  });
});

/** Where a request asks to begin. */
function startOf({ range }: { readonly range?: string }): number | undefined {
  return range === undefined ? undefined : Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
}

/** A self-signed certificate for 127.0.0.1. */
function certificate(): { key: string; cert: string } {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const cert = forge.pki.createCertificate();
  cert.publicKey = forge.pki.publicKeyFromPem(pair.publicKey.export({ type: 'spki', format: 'pem' }).toString());
  cert.serialNumber = '01';
  cert.validity.notAfter = new Date(Date.now() + 86_400_000);
  cert.setSubject([{ name: 'commonName', value: 'loopback' }]);
  cert.setIssuer([{ name: 'commonName', value: 'loopback' }]);
  cert.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
  ]);
  cert.sign(forge.pki.privateKeyFromPem(key), forge.md.sha256.create());
  return { key, cert: forge.pki.certificateToPem(cert) };
}

/** A proxy that forwards requests and tunnels, and notes them. */
async function plainProxy(): Promise<{ url: string; seen: string[]; close(): void }> {
  const seen: string[] = [];
  const server = createServer((incoming, response) => {
    seen.push(`${incoming.method} ${incoming.url} ${incoming.headers['proxy-authorization']}`);
    request(incoming.url ?? '', (answered) => {
      response.writeHead(answered.statusCode ?? 0, answered.headers);
      answered.pipe(response);
    }).end();
  });
  server.on('connect', ({ url = '' }, socket) => {
    seen.push(`CONNECT ${url}`);
    const [host, port] = url.split(':');
    const upstream = connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    upstream.pipe(socket).pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, seen, close };
}
