import assert from 'node:assert/strict';
import type { V1Node } from '@kubernetes/client-node';
import { diagnose } from '../../../src/phases/diagnose/diagnose.ts';
import type { ShellName } from '../host/ssh/ssh-windows.ts';
import { CLUSTER_VERSION, type WorkflowBed, workflowBed } from '../workflow-bed/bed.ts';
import { changesOf, killAt, pointsOf } from '../workflow-bed/faults.ts';
import { WINDOWS_NAME, WindowsNode, windowsBundle } from '../workflow-bed/windows.ts';

describe('Windows node over SSH', function () {
  this.timeout(240_000);
  let bed: WorkflowBed;
  const made: WindowsNode[] = [];
  const node = async (shell: ShellName): Promise<WindowsNode> => {
    const windows = await WindowsNode.make(bed);
    made.push(windows);
    await windows.reachOverSsh(shell);
    return windows;
  };
  beforeEach(async () => {
    bed = await workflowBed();
  });
  afterEach(async () => {
    for (const windows of made.splice(0)) await windows.remove();
    await bed.close();
  });

  for (const shell of ['cmd', 'PowerShell'] as const)
    it(`a join over SSH with ${shell} makes the node Ready, a second changes nothing, an upgrade replaces the kubelet, a reset leaves nothing`, async () => {
      const win = await node(shell);
      const before = await win.photograph();
      const spec = { bundle: await windowsBundle('v1.20.1'), manageRuntime: true };
      const first = await win.join({ spec });
      assert.deepEqual([first.nodeName, first.ready, first.changed], [WINDOWS_NAME, true, true]);
      const object = await bed.admin.find<V1Node>(`/api/v1/nodes/${WINDOWS_NAME}`);
      assert.equal(object?.metadata?.labels?.['kubernetes.io/os'], 'windows');
      for (const path of ['C:\\etc\\kubernetes\\kubelet.conf', 'C:\\var\\lib\\kubelet\\pki'])
        assert.equal(win.windows.listOf(path), 'D:PAI(A;;FA;;;SY)(A;;FA;;;BA)', path);
      assert.equal((await win.join({ spec })).changed, false);
      const upgraded = await win.upgrade({ bundle: await windowsBundle(CLUSTER_VERSION) });
      assert.deepEqual([upgraded.to, upgraded.outcome], [CLUSTER_VERSION, 'upgraded']);
      await win.reset();
      assert.deepEqual(await win.photograph(), before);
      await win.reset();
      assert.deepEqual(await win.photograph(), before);
    });

  it('a reset over SSH leaves nothing of a join that was killed', async () => {
    const win = await node('cmd');
    const spec = { bundle: await windowsBundle(CLUSTER_VERSION), manageRuntime: true };
    const changes = await changesOf(win.faults, () => win.join({ spec }));
    await win.reset();
    const before = await win.photograph();
    for (const change of pointsOf(changes, 4)) {
      await win.join({ spec, signal: killAt(win.faults, change) }).catch(() => {});
      win.faults.before = undefined;
      await win.reset();
      assert.deepEqual(await win.photograph(), before, `change ${change} of ${changes}`);
    }
  });

  it('a diagnosis over SSH names a stopped kubelet', async () => {
    const win = await node('PowerShell');
    await win.join({ spec: { bundle: await windowsBundle(CLUSTER_VERSION), manageRuntime: true } });
    const machine = await win.machine();
    try {
      await machine.services.stop('kubelet.service');
      const options = { label: 'win', version: '0.0.0-test', signal: new AbortController().signal };
      const { diagnosis } = await diagnose({ machine, ...options });
      const finding = diagnosis.findings.find(({ rule }) => rule === 'Kubelet');
      assert.match(finding?.evidence ?? '', /stopped, exit code 1066/);
    } finally {
      await machine.close();
    }
  });
});
