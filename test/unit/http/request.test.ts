import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { duplexPair } from 'node:stream';
import { HttpError, type HttpLimits, jsonOf, openRequest, plainAgent, sendRequest } from '../../../src/http/index.ts';
import { hostileServer, MODES } from './hostile-server.ts';

const LIMITS: HttpLimits = { maxBytes: 256 * 1024, totalMs: 300, idleMs: 200 };

/** Which kind of error each mode ends with; what the timers decide may be either. */
const KINDS: Readonly<Record<string, RegExp>> = {
  'says nothing': /timeout/,
  'sends a byte of the headers now and then': /timeout/,
  'sends a byte of the body now and then': /timeout/,
  'sends an interim answer now and then': /timeout|broken/,
  'floods interim answers': /broken/,
  'switches protocols': /refused/,
  'floods the body': /too-large/,
  'floods the headers': /broken/,
  'cuts the body': /broken/,
  'cuts the headers': /broken/,
  'closes at once': /broken/,
  'sends no HTTP': /broken/,
  'redirects elsewhere': /refused/,
};

describe('a request to a server that misbehaves', () => {
  for (const [mode, misbehave] of Object.entries(MODES)) {
    it(`ends with an error that names the server if it ${mode}`, async () => {
      const server = await hostileServer(misbehave);
      try {
        await assert.rejects(sendRequest({ url: server.url, limits: LIMITS }), (error) => {
          assert.ok(error instanceof HttpError, String(error));
          assert.match(error.kind, KINDS[mode] ?? /^$/, error.message);
          assert.equal(error.address, server.url.origin);
          assert.doesNotMatch(error.message, /secret/);
          return true;
        });
      } finally {
        await server.close();
      }
    });

    it(`ends with the reason of the command's signal if it ${mode} and the command is interrupted`, async () => {
      const server = await hostileServer(misbehave);
      const controller = new AbortController();
      try {
        const limits = { maxBytes: Number.POSITIVE_INFINITY };
        const request = sendRequest({ url: server.url, limits, signal: controller.signal });
        const reason = new Error('interrupted');
        controller.abort(reason);
        await assert.rejects(request, (error) => error === reason);
      } finally {
        await server.close();
      }
    });
  }

  for (const mode of [
    'says nothing',
    'sends a byte of the headers now and then',
    'sends an interim answer now and then',
  ]) {
    it(`a stream that may last has to begin within the limits, even if the server ${mode}`, async () => {
      const server = await hostileServer(MODES[mode] ?? assert.fail(mode));
      const limits = { ...LIMITS, maxBytes: Number.POSITIVE_INFINITY, endless: true };
      await assert.rejects(openRequest({ url: server.url, limits }), { kind: /timeout|broken/ });
      await server.close();
    });
  }

  it('a stream that may last goes on after any silence once it has begun; a refusal in its place does not', async () => {
    const statuses = [200, 403];
    const server = createServer((_, response) => {
      response.writeHead(statuses.shift() ?? 500).write('begun');
      if (statuses.length > 0) setTimeout(() => response.end(' and ended'), 600);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const limits = { maxBytes: 1000, totalMs: 400, idleMs: 400, endless: true };
    assert.equal((await sendRequest({ url, limits })).text, 'begun and ended');
    await assert.rejects(sendRequest({ url, limits }), { kind: 'timeout' });
    server.close();
    server.closeAllConnections();
  });

  it('does not wait for a connection that is never made once the signal aborts', async () => {
    const agent = plainAgent(() => new Promise(() => {}));
    const controller = new AbortController();
    const url = new URL('http://10.0.0.1:6443/');
    const request = sendRequest({ url, agent, limits: { maxBytes: 1 }, signal: controller.signal });
    controller.abort(new Error('interrupted'));
    await assert.rejects(request, /interrupted/);
    const late = sendRequest({ url, agent, limits: { maxBytes: 1, totalMs: 20 } });
    await assert.rejects(late, (error) => error instanceof HttpError && error.kind === 'timeout' && !error.sent);
  });
});

describe('a request', () => {
  it('a request with a credential is not sent over plain http', async () => {
    const server = await hostileServer(() => {});
    const request = { url: server.url, headers: { Authorization: 'Bearer secret' }, limits: LIMITS };
    assert.throws(
      () => openRequest(request),
      (error) => error instanceof HttpError && error.kind === 'refused',
    );
    assert.equal(server.connections(), 0);
    await server.close();
  });

  it('a request that was never sent says so, so that it can be sent elsewhere', async () => {
    const server = await hostileServer(() => {});
    await server.close();
    const request = sendRequest({ url: server.url, method: 'POST', body: '{}', limits: LIMITS });
    await assert.rejects(request, (error) => error instanceof HttpError && !error.sent && error.kind === 'unreachable');
  });

  it('a request goes over a stream that is no socket, as those of SSH, as often as it is sent', async () => {
    const server = createServer((_, response) => response.end('ok'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const agent = plainAgent(async () => {
      const [near, far] = duplexPair();
      const socket = connect(port, '127.0.0.1');
      socket.pipe(far).pipe(socket);
      return near;
    });
    const request = { url: new URL(`http://10.0.0.1:${port}/`), agent, limits: LIMITS };
    for (let sent = 0; sent < 3; sent++) assert.equal((await sendRequest(request)).text, 'ok');
    server.close();
  });

  it('gives status, headers and text of an answer, and streams a body within its limits', async () => {
    const server = createServer((incoming, response) => {
      response.writeHead(201, { 'X-Method': incoming.method });
      incoming.pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const answer = await sendRequest({ url, method: 'POST', body: '{"a":1}', limits: LIMITS });
    assert.deepEqual([answer.status, answer.headers['x-method'], answer.text], [201, 'POST', '{"a":1}']);
    const open = await openRequest({ url, method: 'PUT', body: 'x'.repeat(100_000), limits: LIMITS });
    let bytes = 0;
    for await (const chunk of open.body) bytes += chunk.length;
    assert.equal(bytes, 100_000);
    server.close();
    server.closeAllConnections();
  });
});

describe('an answer that should be JSON', () => {
  for (const [text, message] of [
    ['', /the answer is empty/],
    ['<html>\n  <h1>502</h1>', /not JSON, it begins with: <html> <h1>502/],
    ['{"kind":"Stat', /not JSON/],
  ] as const) {
    it(`an answer that should be JSON is the other side's fault if it is ${text === '' ? 'empty' : `"${text.slice(0, 6)}…"`}`, () => {
      const url = new URL('https://10.0.0.1:6443/api?token=secret');
      assert.throws(
        () => jsonOf(text, url),
        (error) =>
          error instanceof HttpError && message.test(error.message) && error.address === 'https://10.0.0.1:6443',
      );
    });
  }
});
