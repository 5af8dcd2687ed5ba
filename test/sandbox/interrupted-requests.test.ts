import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resultOf, startEdgeadm } from './program.ts';

/** It is killed so long after the signal, which is less than the shortest time limit of a request without an answer takes to pass. */
const KILL_AFTER_MS = 9_000;
const KEYS = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI0000', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret' };

const CLUSTER_COMMANDS = [
  'token list',
  'token create',
  'token delete abcdef',
  'nodepool list',
  'nodepool get shops',
  'nodepool delete shops --yes',
  'cluster upgrade start --image example',
  'cluster upgrade status',
  'cluster upgrade pause',
  'cluster upgrade continue',
  'cluster upgrade cancel',
];
const CLOUD_COMMANDS = [
  'eni list --instance i-1',
  'eni capacity --instance i-1',
  'eni bind --instance i-1 --yes',
  'eni release --instance i-1 --yes',
  'nodepool list --cluster-id c1 --region cn-hangzhou',
  'nodepool attach-script shops --cluster-id c1 --region cn-hangzhou',
  'cluster upgrade status --cluster-id c1 --region cn-hangzhou',
];

describe('the program while a server says nothing', function () {
  this.timeout(60_000);
  let folder: string;
  let server: Server;
  let kubeconfig: string;
  const sockets = new Set<Socket>();

  before(async () => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).once('data', () => server.emit('asked'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-interrupted-'));
    kubeconfig = join(folder, 'kubeconfig');
    const cluster = { name: 'c', cluster: { server: `http://127.0.0.1:${port()}` } };
    // No credentials: they are sent over https only.
    const user = { name: 'u', user: {} };
    const context = { name: 'x', context: { cluster: 'c', user: 'u' } };
    const config = { clusters: [cluster], users: [user], contexts: [context], 'current-context': 'x' };
    await writeFile(kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const port = (): number => (server.address() as AddressInfo).port;

  async function endsBy(signalName: NodeJS.Signals, command: string, env: Record<string, string>): Promise<void> {
    const asked = once(server, 'asked');
    const running = startEdgeadm([...command.split(' '), '-o', 'json'], { env });
    const first = await Promise.race([asked.then(() => undefined), running]);
    assert.equal(first, undefined, `it ended before it had asked: ${first?.stdout}${first?.stderr}`);
    running.kill(signalName);
    const tooLate = setTimeout(() => running.kill('SIGKILL'), KILL_AFTER_MS);
    const { signal, exitCode, stdout, stderr } = await running;
    clearTimeout(tooLate);
    assert.equal(signal, undefined, 'it had to be killed');
    assert.equal(exitCode, 130, `${stdout}${stderr}`);
    const result = resultOf({ exitCode: 130, stdout, stderr });
    assert.equal((result.error as { code: string }).code, 'INTERRUPTED');
  }

  for (const command of CLUSTER_COMMANDS)
    it(`edgeadm ${command} ends as INTERRUPTED by the first SIGINT while the API server says nothing`, () =>
      endsBy('SIGINT', command, { KUBECONFIG: kubeconfig }));

  for (const command of CLOUD_COMMANDS)
    it(`edgeadm ${command} ends as INTERRUPTED by the first SIGTERM while the cloud says nothing`, () => {
      const endpoint = `127.0.0.1:${port()}`;
      return endsBy('SIGTERM', command, { ...KEYS, EDGEADM_ENS_ENDPOINT: endpoint, EDGEADM_CS_ENDPOINT: endpoint });
    });
});
