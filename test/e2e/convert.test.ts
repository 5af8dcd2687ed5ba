import assert from 'node:assert/strict';
import {
  compileEdgeHub,
  cutNetwork,
  installCni,
  installKubeadm,
  kubeadmJoin,
  type Node,
  type Photograph,
  photographAtRest,
  podCidrOf,
  restoreNetwork,
  runPod,
  until,
  world,
} from '../testbed/index.ts';
import { interrupt, type Moment } from './interrupt.ts';
import { installOpenYurt, POOL } from './open-yurt.ts';
import { freshNode, inWorlds, testBed, traces } from './support.ts';

const VERSION = 'v1.7.0';
const PROGRAM = '/root/yurthub';
const UNIT = 'yurthub.service';
/** Other programs are at work then; the tests in process kill it at changes all over. */
const KILLED: readonly Moment[] = [
  { phase: 'edge-hub/files', after: 0.3 },
  { phase: 'kubelet/restart', after: 1 },
];
/** As yurthub ends that is not told its pool. */
const NOT_A_HUB = `#!/bin/sh
echo 'F0729 10:00:00.000003 1 start.go:75] validate options: node-pool-name is empty' >&2
exit 255
`;
/** From the start of the kubelet. */
const BACK_LIMIT_S = 30;
const PORTS = { plain: 8001, token: 8002 };
type Pod = keyof typeof PORTS;

inWorlds('guide', 'today')('a node that kubeadm has joined', () => {
  let node: Node;
  let joined: Photograph;
  const servers: Record<Pod, string> = { plain: '', token: '' };

  const convertArgs = (program = PROGRAM): string[] => [
    ...['convert', '--yes', '--edge-hub-program', program, '--edge-hub-version', VERSION, '--nodepool', POOL],
  ];
  const convert = () => node.edgeadm(convertArgs());
  const isAsJoined = async (): Promise<void> => {
    await (await testBed()).cluster.waitForNode(node.name);
    assert.deepEqual(await traces(node, joined), []);
  };
  const drill = (...more: string[]) => node.edgeadm(['node', 'drill', node.name, '--yes', '-o', 'json', ...more]);
  const answers = async (pod: Pod): Promise<boolean> => {
    const args = ['-u', '/dev/null', `TCP:${servers[pod]},connect-timeout=2`];
    return (await node.run('socat', args, { timeout: 5 })).exitCode === 0;
  };
  const allAnswer = async (): Promise<boolean> => (await answers('plain')) && (await answers('token'));
  const processes = async (): Promise<string> => (await node.exec('pgrep', '-f', '^/bin/httpd -f')).stdout;
  const rules = async (): Promise<string> => (await node.exec('iptables', '-S')).stdout;

  before(async () => {
    const { cluster } = await testBed();
    await installOpenYurt(cluster);
    node = await freshNode('conv');
    await node.put(await compileEdgeHub(() => {}, VERSION.slice(1)), PROGRAM);
    await node.exec('chmod', '755', PROGRAM);
    await installKubeadm(node, cluster);
    await kubeadmJoin(node, cluster);
    await installCni(node, await podCidrOf(cluster, node.name));
    await cluster.waitForNode(node.name);
    for (const pod of Object.keys(PORTS) as Pod[]) {
      const command = ['/bin/httpd', '-f', '-p', String(PORTS[pod])];
      servers[pod] = `${await runPod(cluster, node, pod, { command, token: pod === 'token' })}:${PORTS[pod]}`;
    }
    joined = await photographAtRest(node);
  });

  it('a yurthub that ends at once is reported, and the node is what kubeadm has joined', async () => {
    const running = await processes();
    await node.write('/root/not-a-hub', NOT_A_HUB, 0o755);
    const { exitCode, stderr } = await node.edgeadm(convertArgs('/root/not-a-hub'));
    await node.exec('rm', '/root/not-a-hub');
    assert.equal(exitCode, 1);
    assert.match(stderr, /F0729 .*node-pool-name is empty/);
    assert.match(stderr, /the node was rolled back/);
    assert.equal(await processes(), running);
    await isAsJoined();
  });

  for (const moment of KILLED)
    it(`a conversion that is killed ${moment.after} s after ${moment.phase} begins is rolled back by a revert`, async () => {
      const running = await processes();
      const { exitCode } = await interrupt(node, convertArgs(), moment, 'KILL');
      assert.equal(exitCode, 137);
      const { exitCode: reverted, stderr } = await node.edgeadm(['revert', '--yes']);
      assert.equal(reverted, 0, stderr);
      assert.equal(await processes(), running);
      await isAsJoined();
    });

  it('becomes an edge node while its pods run on, though the first run is killed, and a third one changes nothing', async () => {
    const { cluster } = await testBed();
    const running = await processes();
    await interrupt(node, convertArgs(), { phase: 'kubelet/restart', after: 0.5 }, 'KILL');
    const { exitCode, stderr } = await convert();
    assert.equal(exitCode, 0, stderr);
    assert.equal((await node.exec('systemctl', 'is-active', UNIT)).exitCode, 0);
    assert.match(await node.read('/etc/kubernetes/kubelet.conf'), /http:\/\/127\.0\.0\.1:10261/);
    await cluster.waitForNode(node.name);
    assert.equal(await processes(), running);
    const labels = await cluster.kubectl('get', 'node', node.name, '-o', 'jsonpath={.metadata.labels}');
    assert.match(labels, /"openyurt\.io\/is-edge-worker":"true"/);
    const again = await convert();
    assert.match(again.stdout, /is already converted; nothing changed/);
  });

  it('a converted node is reverted while its pods run on, though the first run is killed, and is then what kubeadm has joined', async () => {
    const running = await processes();
    await interrupt(node, ['revert', '--yes'], { phase: 'edge-hub', after: 0.1 }, 'KILL');
    const { exitCode, stderr } = await node.edgeadm(['revert', '--yes']);
    assert.equal(exitCode, 0, stderr);
    assert.equal(await processes(), running);
    await isAsJoined();
    const again = await node.edgeadm(['revert', '--yes']);
    assert.equal(again.exitCode, 0, again.stderr);
    assert.match(again.stdout, /is not converted: there is nothing to revert/);
    assert.deepEqual(await traces(node, joined), []);
  });

  it('converted again, its pods come back offline within 30 s after kubelet, hub and pods were killed', async () => {
    const { cluster } = await testBed();
    const { exitCode, stderr } = await convert();
    assert.equal(exitCode, 0, stderr);
    await cutNetwork(node);
    await node.exec('systemctl', 'stop', 'kubelet.service');
    await node.exec('systemctl', 'kill', '--signal=SIGKILL', UNIT);
    await node.exec('pkill', '-KILL', '-f', '^/bin/httpd -f');
    await until('the hub to run again', async () => (await node.exec('systemctl', 'is-active', UNIT)).exitCode === 0);
    await node.exec('systemctl', 'start', 'kubelet.service');
    await until('both pods to answer again', allAnswer, BACK_LIMIT_S).finally(() => restoreNetwork(node));
    await cluster.waitForNode(node.name, true, 60);
  });

  it('passes the drill, which restores the network and reports each pod', async () => {
    const { cluster } = await testBed();
    const { exitCode, stdout, stderr } = await drill();
    assert.equal(exitCode, 0, `${stdout}\n${stderr}`);
    assert.match(stdout, /"pod":"default\/plain","backAfter":\d/);
    assert.doesNotMatch(await rules(), /EDGEADM-DRILL/);
    await cluster.waitForNode(node.name, true, 60);
    assert.ok(await allAnswer());
  });

  it('a node has its network and its kubelet again if the drill is killed in between', async () => {
    const { cluster } = await testBed();
    const drilling = drill('--limit', '5s');
    await until('the node to be cut off', async () => /-A OUTPUT -j EDGEADM-DRILL/.test(await rules()), 60);
    assert.ok(await node.killEdgeadm());
    assert.equal((await drilling).exitCode, 137);
    assert.match(await rules(), /EDGEADM-DRILL/);
    await until('the timer to restore the network', async () => !/EDGEADM-DRILL/.test(await rules()), 180);
    await cluster.waitForNode(node.name, true, 90);
    await until('both pods to answer again', allAnswer, 60);
  });

  it('fails the drill with a kubelet that reads watch lists, which is named', async function () {
    if (!world.watchLists) this.skip();
    const { cluster } = await testBed();
    const path = '/var/lib/kubelet/config.yaml';
    await node.write(path, (await node.read(path)).replace('WatchListClient: false', 'WatchListClient: true'));
    await node.exec('systemctl', 'restart', 'kubelet.service');
    await cluster.waitForNode(node.name, true, 60);
    const { exitCode, stdout } = await drill();
    assert.equal(exitCode, 1);
    assert.match(stdout, /DRILL_FAILED/);
    assert.match(stdout, /was not back after 30 s/);
    assert.match(stdout, /reads watch lists/);
    await until('both pods to answer again', allAnswer, 60);
  });
});
