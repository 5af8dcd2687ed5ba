import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { V1Node } from '@kubernetes/client-node';
import { splitCommandLine } from '../../src/host/windows/quote.ts';
import { RESET, succeeds, WinBed } from './bed.ts';
import { template } from './template.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const NODE = '/api/v1/nodes/win-edge1';

describe('edgeadm.exe on Windows under wine', () => {
  let bed: WinBed;
  before(async function () {
    this.timeout(1_200_000);
    bed = await WinBed.open(await template(say));
  });
  after(() => bed?.close());

  it('preflight finds nothing that a join would fail at; the join starts containerd and kubelet as services; a reset leaves drive, services and firewall as before', async () => {
    const windows = await bed.machine();
    const before = await windows.photograph();
    succeeds(await bed.preflight(windows));
    assert.deepEqual(await windows.photograph(), before);
    assert.equal(succeeds(await bed.join(windows)).ok, true);
    const node = await bed.cluster.admin.find<V1Node>(NODE);
    assert.equal(node?.metadata?.labels?.['kubernetes.io/os'], 'windows');
    succeeds(await bed.reset(windows));
    assert.deepEqual(await windows.photograph(), before);
    succeeds(await bed.reset(windows));
    assert.deepEqual(await windows.photograph(), before);
  });

  it('a join with --edge-hub-program runs it as a service that the kubelet speaks through, and a reset leaves nothing of it', async () => {
    const windows = await bed.machine();
    const hub = await bed.giveHub(windows, say);
    const before = await windows.photograph();
    assert.equal(succeeds(await bed.join(windows, hub)).ok, true);
    const kubeconfig = await readFile(windows.place('/etc/kubernetes/kubelet.conf'), 'utf8');
    assert.match(kubeconfig, /server: http:\/\/127\.0\.0\.1:10261/);
    assert.match((await windows.told('yurthub.log')) ?? '', /listening on 127\.0\.0\.1:10261/);
    succeeds(await bed.reset(windows));
    assert.deepEqual(await windows.photograph(), before);
  });

  it('a join with --reboot is continued after the reboot by a copy of edgeadm, and a reset by that copy leaves nothing', async () => {
    const windows = await bed.machine();
    await windows.tell('dism.state', 'Disabled');
    const before = await windows.photograph();
    const { exitCode, stdout } = await bed.join(windows, ['--reboot']);
    assert.equal(exitCode, 3, stdout);
    assert.equal((await windows.calls()).filter(([name]) => name === 'shutdown').length, 1);
    const task = (await windows.told('tasks/edgeadm-join.xml')) ?? '';
    const [command = '', words = ''] = ['Command', 'Arguments'].map(
      (name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(task)?.[1] ?? '',
    );
    const secret = bed.cluster.joinWords[2]?.split('.')[1] ?? 'no token';
    assert.ok(!JSON.stringify([task, await windows.calls()]).includes(secret));
    await windows.reboot();
    succeeds(await windows.run(command, splitCommandLine(words)));
    assert.equal(await windows.told('tasks/edgeadm-join.xml'), undefined);
    succeeds(await windows.run(command, RESET));
    assert.deepEqual(await windows.photograph(), before);
  });
});
