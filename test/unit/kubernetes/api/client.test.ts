import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { localMachine } from '../../../../src/host/local.ts';
import { ApiClient, type ClientOptions } from '../../../../src/kubernetes/api/client.ts';
import { parseClusterInfo, verifySignature } from '../../../../src/kubernetes/api/cluster-info.ts';
import { serverVersionOf } from '../../../../src/kubernetes/version.ts';
import { type HostileServer, hostileServer, MODES } from '../../http/hostile-server.ts';

/** What a request of these tests may take: the other side would keep it for ever. */
const SOON = { timeoutMs: 300, maxBytes: 256 * 1024 };

function clientOf(servers: readonly string[], options?: ClientOptions): ApiClient {
  return new ApiClient({ servers }, (address, more) => localMachine().connect(address, more), options);
}

async function withHostile(mode: string, action: (server: HostileServer) => Promise<void>): Promise<void> {
  const server = await hostileServer(MODES[mode] ?? (() => {}));
  try {
    await action(server);
  } finally {
    await server.close();
  }
}

async function serving(listener: RequestListener): Promise<{ readonly origin: string; close(): void }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

describe('a request to an API server that misbehaves', () => {
  for (const mode of Object.keys(MODES)) {
    it(`ends with API_UNREACHABLE and the server's address if it ${mode}`, () =>
      withHostile(mode, async ({ url }) => {
        const client = clientOf([url.origin]);
        await assert.rejects(client.get('/version', SOON), (error) => {
          assert.ok(error instanceof EdgeadmError, String(error));
          assert.equal(error.code, 'API_UNREACHABLE');
          assert.ok(error.what.includes(url.origin));
          return true;
        });
        client.close();
      }));

    it(`ends with the signal that the client was made with if it ${mode}`, () =>
      withHostile(mode, async ({ url }) => {
        const controller = new AbortController();
        const client = clientOf([url.origin], { signal: controller.signal });
        const request = client.get('/version');
        const reason = new Error('interrupted');
        controller.abort(reason);
        await assert.rejects(request, (error) => error === reason);
        client.close();
      }));
  }
});

describe('a request with several API servers', () => {
  /** A server that answers everything, and what it was asked. */
  async function goodServer(): Promise<{ origin: string; asked: string[]; close(): void }> {
    const asked: string[] = [];
    const server = await serving(({ method, url }, response) => {
      asked.push(`${method} ${url}`);
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    });
    return { ...server, asked };
  }

  for (const mode of ['cuts the body', 'closes at once', 'says nothing', 'switches protocols']) {
    it(`a request with several API servers that reads goes on to the next server if the first ${mode}; a write whose fate is unknown does not`, () =>
      withHostile(mode, async ({ url }) => {
        const good = await goodServer();
        const client = clientOf([url.origin, good.origin]);
        await client.get('/version', SOON);
        assert.deepEqual(good.asked, ['GET /version']);
        for (const write of [
          () => client.create('/api/v1/things', {}, SOON),
          () => client.patch('/api/v1/things/a', {}, SOON),
        ]) {
          await assert.rejects(write, (error: EdgeadmError) => {
            assert.equal(error.code, 'API_UNREACHABLE');
            assert.match(error.why ?? '', /was sent; it may have taken effect/);
            return true;
          });
        }
        assert.deepEqual(good.asked, ['GET /version']);
        client.close();
        good.close();
      }));
  }

  it('a request with several API servers that writes goes on to the next server if the first refused the connection', async () => {
    const gone = await hostileServer(() => {});
    await gone.close();
    const good = await goodServer();
    const client = clientOf([gone.url.origin, good.origin]);
    await client.create('/api/v1/things', {}, SOON);
    assert.deepEqual(good.asked, ['POST /api/v1/things']);
    client.close();
    good.close();
  });
});

describe('credentials that cannot be had', () => {
  it('credentials that cannot be had are the error of a request, and not its servers', async () => {
    const token = async (): Promise<string> => {
      throw new EdgeadmError({ code: 'USAGE', what: 'tokenFile: cannot read the file' });
    };
    const servers = ['https://10.0.0.1:6443', 'https://10.0.0.2:6443'];
    const client = new ApiClient({ servers, token }, async () => assert.fail('it was dialled'));
    await assert.rejects(client.get('/version'), { code: 'USAGE', what: 'tokenFile: cannot read the file' });
  });
});

describe('a watch with several API servers', () => {
  const open: { close(): void }[] = [];
  afterEach(() => {
    for (const each of open.splice(0)) each.close();
  });

  /** What a watch of servers that answer so brings. */
  async function watched(...listeners: RequestListener[]) {
    const servers = await Promise.all(listeners.map(serving));
    const origins = servers.map(({ origin }) => origin);
    const client = clientOf(origins);
    open.push(client, ...servers);
    const signal = new AbortController().signal;
    const events = Readable.from(client.watch('/api/v1/nodes?watch=true', signal, { timeoutMs: 1000 }));
    return { origins, events: events.toArray() };
  }
  const hangUp: RequestListener = (_, { socket }) => void socket?.destroy();
  const gives: RequestListener = (_, response) =>
    void response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"type":"ADDED","object":{"a":1}}\n');

  const failures: Readonly<Record<string, RequestListener>> = {
    'closes the connection': hangUp,
    'accepts the request and says nothing': () => {},
    'refuses without an end': (_, response) => void response.writeHead(403).write('Forbidden'),
    'is a gateway without a server behind it': (_, response) => void response.writeHead(503).end('no healthy upstream'),
    'breaks off in the middle of an event': (_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 1000 });
      response.write('{"type":"ADD', () => response.destroy());
    },
  };
  for (const [what, listener] of Object.entries(failures)) {
    it(`a watch with several API servers goes on with the next server if the first ${what}`, async () => {
      const { events } = await watched(listener, gives);
      assert.deepEqual(await events, [{ type: 'ADDED', object: { a: 1 } }]);
    });
  }

  it('a watch with several API servers that all fail names each of them', async () => {
    const { origins, events } = await watched(hangUp, hangUp);
    await assert.rejects(events, (error: EdgeadmError) => {
      assert.equal(error.code, 'API_UNREACHABLE');
      for (const origin of origins) assert.ok(error.why?.includes(origin), `${error.why}`);
      return true;
    });
  });

  it('a watch with several API servers does not ask another one for what the first refused', async () => {
    const refuses: RequestListener = (_, response) =>
      void response.writeHead(403, { 'Content-Type': 'application/json' }).end('{"reason":"Forbidden","message":"no"}');
    const { events } = await watched(refuses, gives);
    await assert.rejects(events, { code: 'API_ERROR' });
  });
});

describe('what an API server says before and after it is trusted', () => {
  const server = 'https://10.0.0.1:6443';
  const codes = ['CLUSTER_INFO_INVALID', 'API_ERROR', 'TOKEN_INVALID', 'TOKEN_UNKNOWN_OR_EXPIRED'];
  const held = (action: () => unknown): void => {
    try {
      action();
    } catch (error) {
      assert.ok(error instanceof EdgeadmError && codes.includes(error.code), String(error));
    }
  };
  const any = fc.oneof(fc.jsonValue(), fc.string());
  const cluster = fc.dictionary(fc.constantFrom('server', 'certificate-authority-data'), any);
  const kubeconfig = fc.oneof(
    fc.string(),
    any.map((value) => JSON.stringify(value) ?? ''),
    fc
      .record({ clusters: fc.oneof(any, fc.array(fc.record({ cluster: fc.oneof(any, cluster) }))) })
      .map((map) => JSON.stringify(map)),
  );
  const data = fc.record({ kubeconfig: fc.oneof(kubeconfig, any), 'jws-kubeconfig-abcdef': any });

  it('cluster-info of an API server is read, or refused by name, whatever its shape', () => {
    fc.assert(
      fc.property(fc.oneof(any, fc.record({ data: fc.oneof(any, data) })), (body) =>
        held(() => parseClusterInfo({ status: 200, server, body })),
      ),
    );
  });

  it('a signature of cluster-info is refused by name, whatever its shape', () => {
    const published = { kubeconfig: 'x', caPem: 'ca', advertisedServer: server };
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.jsonValue().map((header) => `${Buffer.from(JSON.stringify(header)).toString('base64url')}..x`),
        ),
        (signature) =>
          assert.throws(
            () =>
              verifySignature(
                { ...published, signatures: new Map([['abcdef', signature]]) },
                'abcdef.0123456789abcdef',
              ),
            { code: 'TOKEN_INVALID' },
          ),
      ),
    );
  });

  it('the version of an API server is read, or an error that names the server, whatever its shape', () => {
    fc.assert(
      fc.property(fc.oneof(any, fc.record({ gitVersion: any })), (body) => held(() => serverVersionOf(body, server))),
    );
    for (const body of [null, { gitVersion: 5 }, undefined, 'text'])
      assert.throws(() => serverVersionOf(body, server), { code: 'API_ERROR', what: /10\.0\.0\.1/ });
  });

  it('the address of the cluster is refused if it is not https: the token would go over plain http', () => {
    for (const address of ['http://127.0.0.1:10701', 'ftp://10.0.0.1', 'HTTP://10.0.0.1'])
      assert.throws(
        () => {
          const ca = Buffer.from('ca').toString('base64');
          const clusters = [{ cluster: { server: address, 'certificate-authority-data': ca } }];
          parseClusterInfo({ status: 200, server, body: { data: { kubeconfig: JSON.stringify({ clusters }) } } });
        },
        { code: 'CLUSTER_INFO_INVALID', why: /only https/ },
      );
  });
});
