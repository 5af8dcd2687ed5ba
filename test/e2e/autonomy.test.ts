import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { load } from 'js-yaml';
import {
  cutNetwork,
  installCni,
  limitRate,
  losePackets,
  type Node,
  podCidrOf,
  restoreNetwork,
  runPod,
  until,
  world,
} from '../testbed/index.ts';
import { sideBySide, type Tell } from './side-by-side.ts';
import { freshNode, inWorlds, joinNode, testBed } from './support.ts';

/** Long enough for the cluster to give the node up (40 s), shorter than it takes to evict its pods (5 minutes). */
const CUT_MS = 180_000;

inWorlds('guide', 'today')('an edge node with a bad network', () => {
  sideBySide(
    {
      'that is cut off for three minutes': cutOff,
      'of 200 kbit/s': (test) => joinedThrough(test, 'narrow', (node) => limitRate(node, '200kbit')),
      'that loses a tenth of all packets': (test) => joinedThrough(test, 'lossy', (node) => losePackets(node, 10)),
    },
    testBed,
  );
});

function joinedThrough(test: Tell, name: string, spoil: (node: Node) => Promise<void>): void {
  test('is joined all the same', async () => {
    const node = await freshNode(name);
    await spoil(node);
    await joinNode(node);
    await node.down();
  });
}

function cutOff(test: Tell): void {
  let node: Node;
  let cutAt: number;
  /** Addresses of the pods' web servers: the first pod is left alone, the process of the other one is killed. */
  const servers = { lasting: '', killed: '' };
  let before: Seen;

  test('has joined and runs pods', async () => {
    const { cluster } = await testBed();
    node = await freshNode('cut');
    await joinNode(node);
    await installCni(node, await podCidrOf(cluster, node.name));
    await cluster.waitForNode(node.name);
    for (const [pod, port] of Object.entries(PORTS)) {
      const ip = await runPod(cluster, node, pod, { command: ['/bin/httpd', '-f', '-p', String(port)] });
      servers[pod as keyof typeof servers] = `${ip}:${port}`;
    }
    before = await lookAt(node);
    assert.deepEqual([await answers(node, servers.lasting), await answers(node, servers.killed)], [true, true]);
  });

  test('has a kubelet that reads plain lists, which the hub can answer offline', async () => {
    const { featureGates = {} } = load(await node.read('/var/lib/kubelet/config.yaml')) as Configuration;
    assert.equal(featureGates.WatchListClient, world.watchLists ? false : undefined);
  });

  test('is given up by the cluster, its pods run on, and the kubelet starts again', async () => {
    await cutNetwork(node);
    cutAt = performance.now();
    await (await testBed()).cluster.waitForNode(node.name, false, 120);
    assert.equal((await node.exec('systemctl', 'restart', 'kubelet.service')).exitCode, 0);
    await node.exec('kill', '-KILL', before.killed);
    await until('the kubelet to run a container again that died', () => answers(node, servers.killed), 90);
    await delay(CUT_MS - (performance.now() - cutAt));
    const during = await lookAt(node);
    const { kubelet, killed, ...same } = before;
    assert.partialDeepStrictEqual(during, same, 'the hub and the other pod are the same processes');
    assert.ok(during.kubelet !== kubelet && during.killed !== killed, 'the kubelet and the dead pod are new ones');
    assert.ok(await answers(node, servers.lasting));
  });

  test('is Ready again soon after the network is back, as the same node with the same pods', async () => {
    const { cluster } = await testBed();
    const { uid } = await nodeObject();
    await restoreNetwork(node);
    await cluster.waitForNode(node.name, true, 60);
    const restarts = async () => [await restartsOf('lasting'), await restartsOf('killed')].join();
    await until('the cluster to know what happened', async () => (await restarts()) === '0,1');
    assert.equal((await nodeObject()).uid, uid);
    assert.equal((await lookAt(node)).lasting, before.lasting);
    await node.down();
  });
}

interface Configuration {
  readonly featureGates?: Readonly<Record<string, boolean>>;
}

const PORTS = { lasting: 8001, killed: 8002 };

/** Process ids. */
type Seen = Readonly<Record<'lasting' | 'killed' | 'hub' | 'kubelet', string>>;

async function lookAt(node: Node): Promise<Seen> {
  const pidOf = async (pattern: string): Promise<string> => {
    const { stdout } = await node.exec('pgrep', '-f', pattern);
    assert.match(stdout, /^\d+\s*$/, `${pattern} is not one process`);
    return stdout.trim();
  };
  return {
    lasting: await pidOf(`^/bin/httpd -f -p ${PORTS.lasting}`),
    killed: await pidOf(`^/bin/httpd -f -p ${PORTS.killed}`),
    hub: await pidOf('^edge-hub '),
    kubelet: await pidOf('^/usr/bin/kubelet '),
  };
}

async function answers(node: Node, server: string): Promise<boolean> {
  const args = ['-u', '/dev/null', `TCP:${server},connect-timeout=2`];
  return (await node.run('socat', args, { timeout: 5 })).exitCode === 0;
}

async function nodeObject(): Promise<{ uid: string }> {
  const { cluster } = await testBed();
  const { metadata } = (await cluster.get<{ metadata: { uid: string } }>('/api/v1/nodes/cut')) ?? assert.fail();
  return metadata;
}

async function restartsOf(pod: string): Promise<number | undefined> {
  const { cluster } = await testBed();
  const found = await cluster.get<{ status: { containerStatuses: { restartCount: number }[] } }>(
    `/api/v1/namespaces/default/pods/${pod}`,
  );
  return found?.status.containerStatuses[0]?.restartCount;
}
