import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import {
  buildEdgeHubImage,
  compileEdgeHub,
  cutNetwork,
  importImage,
  installCni,
  type Node,
  type Photograph,
  photograph,
  podCidrOf,
  type Result,
  restoreNetwork,
  runPod,
  until,
  world,
} from '../testbed/index.ts';
import { installOpenYurt, POOL, withOpenYurt } from './open-yurt.ts';
import { freshNode, inWorlds, joinArgs, testBed, traces } from './support.ts';

/** Another program than the stand-in: `v1.7.0=/path/to/yurthub`. */
const [VERSION = 'v1.7.0', PROGRAM] = process.env.EDGEADM_TEST_YURTHUB?.split('=') ?? [];
const IMAGE = `localhost/yurthub-standin:${VERSION}`;
const UNIT = 'yurthub.service';
const IN_NODE = '/root/yurthub';
/** From the start of the kubelet. */
const BACK_LIMIT_S = 30;
const PORTS = { plain: 8001, token: 8002 };
type Pod = keyof typeof PORTS;

inWorlds('guide', 'today')('yurthub as a systemd service', () => {
  let node: Node;
  let fresh: Photograph;
  const servers: Record<Pod, string> = { plain: '', token: '' };
  const containers: Record<Pod, string> = { plain: '', token: '' };

  const service = (): Promise<Result> => node.exec('systemctl', 'is-active', UNIT);
  const hub = async (...more: string[]): Promise<string[]> =>
    joinArgs('--edge-hub-program', IN_NODE, '--edge-hub-version', VERSION, '--nodepool', POOL, ...more);

  before(async () => {
    const { cluster } = await testBed();
    await installOpenYurt(cluster);
    node = await freshNode('hubsvc');
    await node.put(PROGRAM ?? (await compileEdgeHub(() => {}, VERSION.slice(1))), IN_NODE);
    await node.exec('chmod', '755', IN_NODE);
    await node.write('/root/not-a-hub', NOT_A_HUB, 0o755);
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-yurthub-'));
    await buildEdgeHubImage({ name: IMAGE, out: join(folder, 'image.tar') });
    await importImage(node, join(folder, 'image.tar'));
    await rm(folder, { recursive: true });
    fresh = await photograph(node);
  });

  it('a yurthub that ends by itself is reported within seconds, its fatal line first, and nothing is left of the join', async () => {
    const { cluster } = await testBed();
    const flags = ['--edge-hub-program', '/root/not-a-hub', '--edge-hub-version', VERSION, '--nodepool', POOL];
    const { exitCode, stderr } = await withOpenYurt(cluster, node.edgeadm(await joinArgs(...flags)));
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /the edge-hub ends by itself \(EDGE_HUB_FAILED\)\s+F0729 .*node-pool-name is empty/);
    assert.deepEqual(await traces(node, fresh), []);
  });

  it('a node joins with the service in the mode token, becomes Ready through it, and a second join changes nothing', async () => {
    const { cluster } = await testBed();
    const { exitCode, stderr } = await withOpenYurt(cluster, node.edgeadm(await hub()));
    assert.equal(exitCode, 0, stderr);
    await installCni(node, await podCidrOf(cluster, node.name));
    await cluster.waitForNode(node.name);
    assert.equal((await node.exec('systemctl', 'is-enabled', UNIT)).stdout.trim(), 'enabled');
    assert.match(await node.read('/etc/kubernetes/kubelet.conf'), /http:\/\/127\.0\.0\.1:10261/);
    const pid = await node.exec('systemctl', 'show', '--property=MainPID', UNIT);
    const again = await withOpenYurt(cluster, node.edgeadm(await hub()));
    assert.equal(again.exitCode, 0, again.stderr);
    assert.equal((await node.exec('systemctl', 'show', '--property=MainPID', UNIT)).stdout, pid.stdout);
  });

  it('offline, after kubelet, hub and pods were killed, all pods of a node with a hub service are back within 30 s, with a token and without', async () => {
    const { cluster } = await testBed();
    for (const pod of Object.keys(PORTS) as Pod[]) {
      const command = ['/bin/httpd', '-f', '-p', String(PORTS[pod])];
      servers[pod] = `${await runPod(cluster, node, pod, { command, token: pod === 'token' })}:${PORTS[pod]}`;
      containers[pod] = await containerOf(pod);
    }
    const { stdout: secret } = await tokenIn(node);
    await cutNetwork(node);
    await node.exec('systemctl', 'stop', 'kubelet.service');
    await node.exec('systemctl', 'kill', '--signal=SIGKILL', UNIT);
    for (const port of Object.values(PORTS)) await node.exec('pkill', '-KILL', '-f', `^/bin/httpd -f -p ${port}`);
    await until('the hub to run again', async () => (await service()).exitCode === 0, 30);
    await node.exec('systemctl', 'start', 'kubelet.service');
    const back = (pod: Pod) => until(`pod ${pod} to answer again`, () => answers(node, servers[pod]), BACK_LIMIT_S);
    await Promise.all([back('plain'), back('token')]);
    const { stdout: offline, issuer } = await tokenIn(node);
    // A kubelet of today is given a token that no API server accepts; that of an older one is a Secret, from the cache.
    if (world.watchLists) assert.equal(issuer, 'openyurt');
    else assert.equal(offline, secret);
  });

  it('a node with a hub service is Ready again once its network is back, with the same pods', async () => {
    const { cluster } = await testBed();
    await restoreNetwork(node);
    await cluster.waitForNode(node.name, true, 60);
    for (const pod of Object.keys(PORTS) as Pod[])
      await until(`pod ${pod} to be known as restarted`, async () => (await containerOf(pod)) !== containers[pod], 60);
    await until(
      'a token of the cluster',
      async () => !['openyurt', undefined].includes(String((await tokenIn(node)).issuer)),
      180,
    );
  });

  it('diagnose finds nothing wrong with a node whose hub is a service, and names a service that does not run', async () => {
    const well = await node.edgeadm(['diagnose', '-o', 'json', '-o', '/tmp/diagnosis.tgz']);
    assert.doesNotMatch(well.stdout, /EdgeHub/);
    await node.exec('systemctl', 'stop', UNIT);
    const { stdout } = await node.edgeadm(['diagnose', '-o', 'json', '-o', '/tmp/diagnosis.tgz']);
    assert.match(stdout, /"EdgeHub"[\s\S]*yurthub\.service is inactive/);
    await node.exec('systemctl', 'start', UNIT);
  });

  it('an upgrade moves the hub to a static pod and back while pods run on', async function () {
    if (PROGRAM) this.skip();
    const { cluster } = await testBed();
    const running = await processes(node);
    await upgrade(node, '--edge-hub-as', 'pod', '--edge-hub-image', IMAGE);
    assert.notEqual((await service()).exitCode, 0);
    assert.match((await node.exec('ls', '/etc/kubernetes/manifests')).stdout, /yurthub\.yaml/);
    await cluster.waitForNode(node.name);
    await upgrade(node, '--edge-hub-as', 'service', '--edge-hub-program', IN_NODE, '--edge-hub-version', VERSION);
    assert.equal((await service()).exitCode, 0);
    assert.doesNotMatch((await node.exec('ls', '/etc/kubernetes/manifests')).stdout, /yurthub\.yaml/);
    await cluster.waitForNode(node.name);
    assert.equal(await processes(node), running);
  });

  it('a reset of a node with a hub service leaves nothing', async () => {
    const { exitCode, stderr } = await node.edgeadm(['reset', '--force']);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await traces(node, fresh), []);
    const { cluster } = await testBed();
    for (const pod of Object.keys(PORTS)) await cluster.kubectl('delete', 'pod', pod, '--force', '--grace-period=0');
  });

  it('a node joins with the certificate of the kubelet, none is requested for the hub, and a reset leaves nothing', async () => {
    const { cluster } = await testBed();
    const joined = await node.edgeadm(await hub('--edge-hub-mode', 'kubeletcertificate'));
    assert.equal(joined.exitCode, 0, joined.stderr);
    await installCni(node, await podCidrOf(cluster, node.name));
    await cluster.waitForNode(node.name);
    assert.doesNotMatch((await node.exec('ls', '/var/lib/yurthub/pki')).stdout, /^yurthub-current/m);
    const { exitCode, stderr } = await node.edgeadm(['reset', '--force']);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await traces(node, fresh), []);
  });

  it('a service that OpenYurt set up is found by preflight, and removed by a reset', async () => {
    await node.write('/usr/local/bin/yurthub', '#!/bin/sh\nexec sleep 1000000\n', 0o755);
    await node.write(`/etc/systemd/system/${UNIT}`, YURTADM_UNIT);
    await node.write(`/etc/systemd/system/${UNIT}.d/10-yurthub.conf`, YURTADM_DROP_IN);
    await node.exec('systemctl', 'daemon-reload');
    await node.exec('systemctl', 'start', UNIT);
    const { stdout, stderr } = await node.edgeadm(['preflight', ...(await hub()).slice(1)]);
    assert.match(stdout + stderr, /yurthub\.service exists: the node was joined with another tool/);
    const { stdout: diagnosis } = await node.edgeadm(['diagnose', '-o', 'json', '-o', '/tmp/diagnosis.tgz']);
    assert.match(diagnosis, /EdgeHubAtBoot/);
    assert.equal((await node.edgeadm(['reset', '--force'])).exitCode, 0);
    assert.notEqual((await service()).exitCode, 0);
    assert.notEqual((await node.exec('systemctl', 'cat', UNIT)).exitCode, 0);
    await node.down();
  });
});

const NOT_A_HUB = `#!/bin/sh
echo 'F0729 10:00:00.000003 1 start.go:75] validate options: node-pool-name is empty' >&2
exit 255
`;
/** As yurthub.go of yurtadm 1.7 writes them. */
const YURTADM_UNIT = `[Unit]
Description=YurtHub Service
After=network.target

[Service]
Type=simple
ExecStart=/usr/local/bin/yurthub
Restart=always
`;
const YURTADM_DROP_IN = `[Service]
Environment="YURTHUB_BOOTSTRAP_ARGS=--bootstrap-mode=kubeletcertificate"
Environment="YURTHUB_CONFIG_ARGS=--bind-address=127.0.0.1 --working-mode=edge --namespace=kube-system"
Environment="YURTHUB_EXTRA_ARGS=--v=2"
ExecStart=
ExecStart=/usr/local/bin/yurthub --node-name=hubsvc --nodepool-name=hangzhou --server-addr=https://10.0.0.1:6443 $YURTHUB_BOOTSTRAP_ARGS $YURTHUB_CONFIG_ARGS $YURTHUB_EXTRA_ARGS
`;

async function upgrade(node: Node, ...flags: string[]): Promise<void> {
  const { exitCode, stderr } = await node.edgeadm(['upgrade', ...flags]);
  assert.equal(exitCode, 0, stderr);
}

async function answers(node: Node, server: string): Promise<boolean> {
  const args = ['-u', '/dev/null', `TCP:${server},connect-timeout=2`];
  return (await node.run('socat', args, { timeout: 5 })).exitCode === 0;
}

async function processes(node: Node): Promise<string> {
  return (await node.exec('pgrep', '-f', '^/bin/httpd -f -p')).stdout;
}

async function containerOf(pod: Pod): Promise<string> {
  const { cluster } = await testBed();
  const found = await cluster.get<V1Pod>(`/api/v1/namespaces/default/pods/${pod}`);
  return found?.status?.containerStatuses?.[0]?.containerID ?? '';
}

/** The token that the pod reads, from the folder that is mounted in it. */
async function tokenIn(node: Node): Promise<{ stdout: string; issuer: unknown }> {
  const { stdout } = await node.exec('sh', '-c', 'cat /var/lib/kubelet/pods/*/volumes/*/*/token');
  const [, claims = ''] = stdout.split('.');
  return { stdout, issuer: JSON.parse(Buffer.from(claims, 'base64url').toString() || '{}').iss };
}
