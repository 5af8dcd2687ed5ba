import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { inWorlds, joinArgs, testBed, WITH_HUB } from '../e2e/support.ts';
import { busyboxImage } from '../testbed/config.ts';
import { prepare, until } from '../testbed/index.ts';
import { freshMachine, type Subject, succeed } from './support.ts';

const NAME = 'vm-drill';
const POD = 'survivor';
/** An emulated machine starts containers ten times more slowly than a real one. */
const LIMIT = '300s';

inWorlds('guide', 'today')('the drill of a virtual machine with a real reboot', function () {
  this.timeout(7_200_000);
  this.bail(true);
  let subject: Subject;

  before(async () => {
    const { cluster } = await testBed();
    subject = await freshMachine(NAME);
    await succeed(subject.machine, await joinArgs(...WITH_HUB));
    await cluster.waitForNode(NAME, true, 300);
    await importBusybox();
    await runPod();
  });
  after(() => subject?.machine.down());

  it('the pod of a virtual machine comes back from the cache of the hub while the node is cut off, with its address reported', async () => {
    const { machine } = subject;
    const begun = await succeed(machine, ['node', 'drill', '--reboot', '--yes', '--limit', LIMIT]);
    assert.match(begun.stdout, /vm-drill reboots, and is cut off/);
    await machine.bootAfterShutdown();
    assert.match((await machine.exec('iptables', '-S')).stdout, /-A OUTPUT -j EDGEADM-DRILL/);
    const { stdout } = await machine.edgeadm(['node', 'drill', '--reboot', '--limit', LIMIT, '-o', 'json']);
    const [, seconds] = /"pod":"default\/survivor","backAfter":([\d.]+)/.exec(stdout) ?? assert.fail(stdout);
    process.stderr.write(`      back ${seconds} s after the start of the kubelet\n`);
  });

  it('nothing of a drill with a reboot is left on a virtual machine, and its node is Ready again', async () => {
    const { machine } = subject;
    assert.doesNotMatch((await machine.exec('iptables', '-S')).stdout, /EDGEADM-DRILL/);
    const left = await machine.exec('sh', '-c', 'ls -d /var/lib/edgeadm-drill /etc/systemd/system/edgeadm-drill*');
    assert.equal(left.stdout, '');
    await (await testBed()).cluster.waitForNode(NAME, true, 300);
  });

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
