import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { inWorlds, joinArgs, testBed, WITH_HUB } from '../e2e/support.ts';
import { busyboxImage } from '../testbed/config.ts';
import { prepare, until } from '../testbed/index.ts';
import { freshMachine, type Subject, succeed } from './support.ts';

const NAME = 'vm-drill';
const POD = 'survivor';
/** One address, which its pod has again after a boot: a drill asks for that. */
const NETWORK = {
  cniVersion: '0.3.1',
  name: 'testbed',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipam: { type: 'static', addresses: [{ address: '10.244.0.2/24', gateway: '10.244.0.1' }] },
    },
  ],
};

inWorlds('guide', 'today')('a virtual machine that boots without network', function () {
  this.timeout(7_200_000);
  this.bail(true);
  let subject: Subject;

  before(async () => {
    const { cluster } = await testBed();
    subject = await freshMachine(NAME);
    await subject.machine.write('/etc/cni/net.d/10-testbed.conflist', JSON.stringify(NETWORK));
    await succeed(subject.machine, await joinArgs(...WITH_HUB));
    await cluster.waitForNode(NAME, true, 300);
    await importBusybox();
    await runPod();
  });
  after(() => subject?.machine.down());

  it('passes the drill after a reboot: its pods are back within 30 s of the start of the kubelet, with their addresses', async () => {
    await begin();
    await subject.machine.bootAfterShutdown({ counting: true });
    await pass();
  });

  it('starts its kubelet once the runtime answers, and not before', async () => {
    const { machine } = subject;
    const since = async (unit: string, property: string) =>
      Number((await machine.must('systemctl', 'show', '--value', `--property=${property}Monotonic`, unit)).stdout);
    const runtime = await since('containerd.service', 'ActiveEnterTimestamp');
    const kubelet = await since('kubelet.service', 'ExecMainStartTimestamp');
    assert.ok(runtime > 0 && runtime <= kubelet, `containerd at ${runtime}, kubelet at ${kubelet} us`);
  });

  it('passes the drill after a power cut', async () => {
    const { machine } = subject;
    await begin();
    // What a drill has prepared lies on the disk, as it does on a machine that loses its power some time later.
    await machine.exec('sync');
    await machine.cutPower();
    await machine.boot({ counting: true });
    await pass();
  });

  it('nothing of a drill with a reboot is left on a virtual machine, and its node is Ready again', async () => {
    const { machine } = subject;
    assert.doesNotMatch((await machine.exec('iptables', '-S')).stdout, /EDGEADM-DRILL/);
    const left = await machine.exec('sh', '-c', 'ls -d /var/lib/edgeadm-drill /etc/systemd/system/edgeadm-drill*');
    assert.equal(left.stdout, '');
    await (await testBed()).cluster.waitForNode(NAME, true, 300);
  });

  async function begin(): Promise<void> {
    const { cluster } = await testBed();
    await cluster.waitForNode(NAME, true, 300);
    const { stdout } = await succeed(subject.machine, ['node', 'drill', '--reboot', '--yes']);
    assert.match(stdout, /vm-drill reboots, and is cut off/);
  }

  /** The limit is the drill's own. */
  async function pass(): Promise<void> {
    const { machine } = subject;
    assert.match((await machine.exec('iptables', '-S')).stdout, /-A OUTPUT -j EDGEADM-DRILL/);
    const { stdout } = await succeed(machine, ['node', 'drill', '--reboot', '-o', 'json']);
    assert.match(stdout, /"limit":30,/);
    const back = [...stdout.matchAll(/"pod":"([^"]+)","backAfter":([\d.]+)/g)];
    assert.deepEqual(back.map(([, pod]) => pod).sort(), [`default/${POD}`, `kube-system/edge-hub-${NAME}`]);
    for (const [, pod, seconds] of back) process.stderr.write(`      ${pod} back after ${seconds} s\n`);
  }

  async function importBusybox(): Promise<void> {
    const { machine } = subject;
    const { images } = await prepare();
    const input = await readFile(images.busybox, 'base64');
    const script = 'base64 -d >/root/busybox.tar && ctr -n k8s.io images import /root/busybox.tar';
    const { exitCode, stderr } = await machine.run('sh', ['-c', script], { input });
    assert.equal(exitCode, 0, stderr);
  }

  async function runPod(): Promise<void> {
    const { cluster } = await testBed();
    const container = {
      name: 'main',
      image: busyboxImage,
      imagePullPolicy: 'Never',
      // One that ends when it is asked to: else the shutdown of the machine waits for it.
      command: ['/bin/sh', '-c', 'trap exit TERM; sleep 100000 & wait'],
    };
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: POD, namespace: 'default' },
      spec: {
        nodeName: NAME,
        automountServiceAccountToken: false,
        tolerations: [{ operator: 'Exists' }],
        containers: [container],
      },
    });
    const path = `/api/v1/namespaces/default/pods/${POD}`;
    const isRunning = async () => (await cluster.get<V1Pod>(path))?.status?.phase === 'Running';
    await until('the pod to run', isRunning, 300);
  }
});
