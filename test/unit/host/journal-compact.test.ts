import assert from 'node:assert/strict';
import { compact } from '../../../src/host/journal/compact.ts';
import type { Entry } from '../../../src/host/journal/entry.ts';

const file = (path: string, backup: string): Entry => ({
  kind: 'file',
  path,
  before: { type: 'file', mode: 0o755, uid: 0, gid: 0, backup },
  phase: 'x',
});

describe('the journal after an upgrade that stays', () => {
  it('leads a reset to the machine before its join, not to the version before', () => {
    const join: Entry[] = [
      { kind: 'file', path: '/usr/bin/kubelet', before: { type: 'absent' }, phase: 'install-kubelet' },
      { kind: 'service', unit: 'kubelet.service', wasActive: false, phase: 'join-node' },
    ];
    const started: Entry = { kind: 'started', unit: 'kubelet.service' };
    const upgrade: Entry[] = [
      file('/usr/bin/kubelet', 'old-kubelet'),
      file('/etc/default/kubelet', 'users-own'),
      file('/etc/default/kubelet', 'ours'),
      { kind: 'image', name: 'edge-hub:2', phase: 'install' },
      { kind: 'service', unit: 'kubelet.service', wasActive: true, phase: 'restart' },
      started,
    ];
    assert.deepEqual(compact([...join, ...upgrade], join.length), [...join, upgrade[1], upgrade[3], started]);
  });
});
