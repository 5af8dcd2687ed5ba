import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { dialingAgent, type HttpLimits, openRequest, sendRequest } from '../../../src/http/index.ts';
import { generateKey } from '../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../src/pki/self-signed.ts';

const LIMITS: HttpLimits = { maxBytes: 1000, totalMs: 20_000 };
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

/** What a server does with the nth request of a connection, the first being 0. */
type Serve = (socket: Socket, nth: number) => void;

const answersOnce =
  (then: (socket: Socket) => void): Serve =>
  (socket, nth) =>
    nth === 0 ? socket.write(OK) : then(socket);
const resets = answersOnce((socket) => socket.resetAndDestroy());
const closes = answersOnce((socket) => socket.end());

/** A server that notes the requests that it gets, each with the number of its connection. */
async function serverThat(serve: Serve, tls?: { readonly key: string; readonly cert: string }) {
  const seen: string[] = [];
  let connections = 0;
  const onConnection = (socket: Socket): void => {
    const number = ++connections;
    let nth = 0;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      seen.push(`${number}: ${data.toString().split(' ', 1)}`);
      serve(socket, nth++);
    });
  };
  const server = tls ? createTlsServer(tls, onConnection) : createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, url: new URL(`http://127.0.0.1:${port}/`), seen, close: () => server.close() };
}

// As net/http of Go does it (shouldRetryRequest in transport.go), and RFC 9110, 9.2.2, has it.
describe('a request over a connection that is used again', () => {
  const half = answersOnce((socket) => socket.end('HTTP/1.1 200'));
  const interim = answersOnce((socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'));
  for (const [what, serve, method, body, sent] of [
    ['a read is sent again if it was reset', resets, 'GET', undefined, ['2: GET']],
    ['a read is sent again if it was closed', closes, 'HEAD', undefined, ['2: HEAD']],
    ['a read fails if half an answer came', half, 'GET', undefined, 'broken'],
    ['a read fails if an interim answer came', interim, 'GET', undefined, 'broken'],
    ['a write fails: it may have taken effect', resets, 'POST', '{}', 'broken'],
    ['a write without a body fails too', resets, 'POST', undefined, 'broken'],
    ['so does a write that may be repeated: its caller decides that', resets, 'DELETE', undefined, 'broken'],
  ] as const)
    it(`over a kept connection, ${what}`, async () => {
      const server = await serverThat(serve);
      const agent = new Agent({ keepAlive: true });
      const request = { url: server.url, agent, limits: LIMITS };
      await sendRequest(request);
      const second = sendRequest({ ...request, method, body });
      if (sent === 'broken') await assert.rejects(second, { kind: 'broken' });
      else assert.equal((await second).status, 200);
      assert.deepEqual(server.seen, ['1: GET', `1: ${method}`, ...(sent === 'broken' ? [] : sent)]);
      agent.destroy();
      server.close();
    });

  it('a read is sent again until the connection is a new one, and fails if that is reset too', async () => {
    let answers = 2;
    const server = await serverThat((socket) => {
      if (answers-- > 0) socket.write(OK);
      else socket.resetAndDestroy();
    });
    const agent = new Agent({ keepAlive: true });
    const request = { url: server.url, agent, limits: LIMITS };
    await Promise.all([sendRequest(request), sendRequest(request)]);
    await assert.rejects(sendRequest(request), { kind: 'broken', sent: true });
    assert.deepEqual(server.seen.slice(2).sort(), ['1: GET', '2: GET', '3: GET']);
    agent.destroy();
    server.close();
  });

  it('a read that is sent again has no more time than it had, and ends with the signal', async () => {
    const server = await serverThat((socket, nth) => {
      if (nth > 0) socket.resetAndDestroy();
      else if (server.seen.length === 1) socket.write(OK);
    });
    for (const end of ['limit', 'signal']) {
      const agent = new Agent({ keepAlive: true });
      const controller = new AbortController();
      server.seen.length = 0;
      const request = { url: server.url, agent, signal: controller.signal };
      await sendRequest({ ...request, limits: LIMITS });
      const limits = end === 'limit' ? { ...LIMITS, totalMs: 300 } : LIMITS;
      const again = sendRequest({ ...request, limits });
      if (end === 'signal') setTimeout(() => controller.abort(new Error('interrupted')), 50);
      await assert.rejects(again, end === 'limit' ? { kind: 'timeout' } : /interrupted/);
      agent.destroy();
    }
    server.close();
  });

  it('a read of a watch over TLS that starts on the node is sent again', async () => {
    const key = await generateKey();
    const cert = selfSignedCertificate(key, { commonName: 'api', organizations: [] }, { ips: ['127.0.0.1'] });
    const server = await serverThat(closes, { key: key.privatePem, cert });
    const agent = dialingAgent({ ca: cert }, async ({ host, port }) => connect(port, host));
    const request = { url: new URL(`https://127.0.0.1:${server.port}/`), agent, limits: LIMITS };
    await sendRequest(request);
    const { status, close } = await openRequest({ ...request, limits: { ...LIMITS, endless: true } });
    assert.equal(status, 200);
    close();
    assert.deepEqual(server.seen, ['1: GET', '1: GET', '2: GET']);
    agent.destroy();
    server.close();
  });

  it('a second connection that starts on the node continues the TLS session of the first, not one of another agent', async () => {
    const key = await generateKey();
    const cert = selfSignedCertificate(key, { commonName: 'api', organizations: [] }, { ips: ['127.0.0.1'] });
    const continued: boolean[] = [];
    const server = createTlsServer({ key: key.privatePem, cert }, (socket) => {
      continued.push(socket.isSessionReused());
      socket.on('error', () => {}).on('data', () => socket.end(OK));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const agents = [1, 2].map(() => dialingAgent({ ca: cert }, async ({ host, port }) => connect(port, host)));
    for (const agent of [agents[0], agents[0], agents[1]]) await sendRequest({ url, agent, limits: LIMITS });
    assert.deepEqual(continued, [false, true, false]);
    for (const agent of agents) agent.destroy();
    server.close();
  });
});
