import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { CriClient } from '../../../src/kubernetes/cri/index.ts';
import { fakeHost } from '../fake-host.ts';
import { criServer, Refusal } from './cri-server.ts';

const SOCKET = '/run/containerd/containerd.sock';

describe('CRI client', () => {
  it('tells name and version of the runtime, and speaks v1 where it can', async () => {
    const client = await CriClient.connect(criServer({}, ['v1', 'v1alpha2']), SOCKET);
    assert.deepEqual(client.version, { name: 'containerd', version: '1.6.20', api: 'v1' });
    client.close();
  });

  it('falls back to v1alpha2 with an old runtime, for every call', async () => {
    const server = criServer({ ListPodSandbox: () => ({ items: [] }) }, ['v1alpha2']);
    const client = await CriClient.connect(server, SOCKET);
    assert.equal(client.version.api, 'v1alpha2');
    assert.deepEqual(await client.podSandboxes(), []);
    client.close();
  });

  it('says that the CRI plug-in is off if the runtime knows neither version', async () => {
    await assert.rejects(CriClient.connect(criServer({}, []), SOCKET), {
      code: 'RUNTIME_FAILED',
      message: /does not answer on .*containerd\.sock: the runtime does not serve CRI \(check disabled_plugins\)/,
    });
  });

  it('says why nothing answers', async () => {
    await assert.rejects(CriClient.connect(fakeHost(), SOCKET), {
      code: 'RUNTIME_FAILED',
      what: `the container runtime does not answer on ${SOCKET}`,
      why: 'connection refused',
    });
  });

  it('gives up on a runtime that hangs', async () => {
    const silent = { connect: async () => duplexPair()[0] };
    await assert.rejects(CriClient.connect(silent, SOCKET, { timeoutMs: 30 }), { why: 'no answer within 0.03 s' });
  });

  it('lists pods, containers and images', async () => {
    const client = await CriClient.connect(
      criServer({
        ListPodSandbox: () => ({
          items: [{ id: 'p1', metadata: { name: 'web', uid: 'u1', namespace: 'shop' }, state: 0, labels: { a: 'b' } }],
        }),
        ListContainers: () => ({
          containers: [
            { id: 'c1', podSandboxId: 'p1', metadata: { name: 'nginx', attempt: 2 }, image: { image: 'i' }, state: 1 },
          ],
        }),
        ListImages: () => ({ images: [{ id: 'sha256:1', repoTags: ['pause:3.2'], size: 5_000_000_000 }] }),
      }),
      SOCKET,
    );
    assert.deepEqual(await client.podSandboxes(), [
      { id: 'p1', name: 'web', namespace: 'shop', uid: 'u1', ready: true },
    ]);
    assert.deepEqual(await client.containers(), [
      { id: 'c1', podSandboxId: 'p1', name: 'nginx', attempt: 2, state: 'running', createdAt: 0 },
    ]);
    assert.deepEqual(await client.images(), [
      { id: 'sha256:1', tags: ['pause:3.2'], digests: [], size: 5_000_000_000 },
    ]);
    client.close();
  });

  it('tells whether runtime and network are ready', async () => {
    const network = { type: 'NetworkReady', status: false, reason: 'NetworkPluginNotReady', message: 'no CNI' };
    const client = await CriClient.connect(
      criServer({ Status: () => ({ status: { conditions: [network] } }) }),
      SOCKET,
    );
    assert.deepEqual(await client.conditions(), [network]);
    client.close();
  });

  it('tells how a container ended and where its log is', async () => {
    const status = { id: 'c1', state: 2, exitCode: 137, reason: 'OOMKilled', logPath: '/var/log/pods/x/0.log' };
    const client = await CriClient.connect(criServer({ ContainerStatus: () => ({ status }) }), SOCKET);
    assert.deepEqual(await client.containerStatus('c1'), { ...status, state: 'exited', message: '' });
    client.close();
  });

  it('passes the grace period in seconds', async () => {
    const server = criServer({ StopContainer: () => ({}) });
    const client = await CriClient.connect(server, SOCKET);
    await client.stopContainer('c1', 2);
    assert.ok(server.calls.includes('StopContainer c1 2'));
    client.close();
  });

  it('takes what is gone already for stopped and removed, but not for looked at', async () => {
    const gone = () => {
      throw new Refusal(5, 'not found');
    };
    const client = await CriClient.connect(criServer({ RemovePodSandbox: gone, ContainerStatus: gone }), SOCKET);
    await client.removePodSandbox('p1');
    await assert.rejects(client.containerStatus('c1'), { code: 'RUNTIME_FAILED', why: 'not found' });
    client.close();
  });

  it('passes on what the runtime said, in its own letters', async () => {
    const client = await CriClient.connect(
      criServer({
        StopPodSandbox: () => {
          throw new Refusal(2, 'failed: "cni0" – 100 %');
        },
      }),
      SOCKET,
    );
    await assert.rejects(client.stopPodSandbox('p1'), {
      code: 'RUNTIME_FAILED',
      what: 'the container runtime failed to carry out StopPodSandbox',
      why: 'failed: "cni0" – 100 %',
    });
    client.close();
  });

  it('ends calls at once when it is interrupted', async () => {
    const controller = new AbortController();
    const client = await CriClient.connect(criServer({ StopPodSandbox: () => new Promise(() => {}) }), SOCKET, {
      signal: controller.signal,
    });
    const stopping = client.stopPodSandbox('p1');
    controller.abort(new Error('interrupted by SIGINT'));
    await assert.rejects(stopping, /interrupted by SIGINT/);
    client.close();
  });
});
