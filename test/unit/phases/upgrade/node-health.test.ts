import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import type { InstalledHub } from '../../../../src/edge-hub/releases.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { waitFor } from '../../../../src/lib/wait-for.ts';
import { waitUntilHealthy } from '../../../../src/phases/upgrade/node-health.ts';
import { fakeHost } from '../../fake-host.ts';
import { apiServer } from '../../kubernetes/api-server.ts';
import { skippingClock } from '../../test-clock.ts';

const SECOND = 1000;
const STEADY_MS = 3000;
/** When the kubelet was restarted. */
const RESTART = Date.parse('2026-01-01T12:00:00.400Z');

const node = (heartbeat: number, version = 'v1.20.3') => ({
  status: {
    nodeInfo: { kubeletVersion: version },
    conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: new Date(heartbeat).toISOString() }],
  },
});
const lease = (renewed: number) => ({ spec: { renewTime: new Date(renewed).toISOString() } });
const pod = (ready: boolean) => ({
  metadata: { namespace: 'shop', name: 'web' },
  spec: { containers: [] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});

/** A port of the edge-hub, which answers every request with 200. */
function answeringPort(): Duplex {
  const body = '{"kind":"Node","apiVersion":"v1","metadata":{"name":"n1"}}';
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  const stream = new Duplex({
    read: () => {},
    write: (_chunk, _encoding, done) => {
      stream.push(head + body);
      done();
    },
  });
  return stream;
}

interface Answers {
  /** Of the edge-hub, asked at every look; the node has none unless given. */
  readonly hub?: () => boolean;
  readonly node?: () => object;
  readonly lease?: () => object | undefined;
  readonly pod?: () => object;
}

/**
 * Waits for the node and its one pod; each answer is asked for at every look.
 * @returns how long that took, milliseconds
 */
async function healthy(answers: Answers, version = 'v1.20.3'): Promise<number> {
  const server = await apiServer(({ path }) => {
    if (path === '/api/v1/nodes/n1') return { status: 200, body: answers.node?.() ?? node(RESTART + SECOND) };
    if (path.endsWith('/kube-node-lease/leases/n1'))
      return answers.lease ? answers.lease() : lease(RESTART + 5 * SECOND);
    return { items: [answers.pod?.() ?? pod(true)] };
  });
  const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
  const connect = async (): Promise<Duplex> => {
    if (answers.hub?.()) return answeringPort();
    throw new Error('connection refused');
  };
  const host = fakeHost({ units: { 'kubelet.service': { active: true } }, connect });
  const hub: InstalledHub | undefined = answers.hub && { image: 'hub', flavor: 'openyurt' };
  const clock = skippingClock();
  try {
    const restarted = { before: RESTART - 100, after: RESTART };
    const parts = { host, client, nodeName: 'n1', hub, restarted, steadyMs: STEADY_MS, clock };
    await waitUntilHealthy({ ...parts, waitFor: (wait) => waitFor({ ...wait, clock }) }, version, ['shop/web']);
    return clock.now();
  } finally {
    client.close();
  }
}

describe('what an upgrade takes for a healthy node', () => {
  it('what an upgrade takes for a healthy node is one whose kubelet was heard since its restart, not merely in the same second', async () => {
    await healthy({});
    const sameSecond = { node: () => node(RESTART - 400), lease: () => lease(RESTART - 100) };
    await assert.rejects(healthy(sameSecond), /last status is from before the restart/);
    await assert.rejects(healthy({ node: () => node(RESTART - 60 * SECOND) }), /before the restart/);
  });

  it('what an upgrade takes for a healthy node may have no lease', () => healthy({ lease: () => undefined }));

  it('what an upgrade takes for a healthy node has the version asked for, even if the vendor has added to its number', async () => {
    await healthy({ node: () => node(RESTART + SECOND, 'v1.20.3-aliyunedge.1') });
    await assert.rejects(healthy({ node: () => node(RESTART + SECOND, 'v1.20.2') }), {
      code: 'NODE_NOT_READY',
      message: /its kubelet is v1\.20\.2/,
    });
  });

  it('what an upgrade takes for a healthy node has pods that go on running, not those that are just about to be started again', async () => {
    let looks = 0;
    const took = await healthy({ pod: () => pod(++looks !== 2) });
    assert.ok(took >= STEADY_MS, `${took} ms`);
    assert.ok(looks > 3);
  });

  it('what an upgrade takes for a healthy node has an edge-hub that goes on answering, whatever the cluster has of its pods', async () => {
    let looks = 0;
    // A newer kubelet makes the static pod again: the hub ends after it was healthy, and is away for ten seconds.
    const hub = (): boolean => ++looks < 4 || looks > 20;
    const took = await healthy({ hub });
    assert.ok(looks > 20 && took >= STEADY_MS, `${looks} looks, ${took} ms`);
    let again = 0;
    await assert.rejects(healthy({ hub: () => ++again < 4 }), /the edge-hub is not healthy: connection refused/);
  });
});
