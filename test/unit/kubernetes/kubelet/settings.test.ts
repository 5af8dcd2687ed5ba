import assert from 'node:assert/strict';
import { flagsIn, kubeletSettings, withFlags } from '../../../../src/kubernetes/kubelet/settings.ts';
import { fakeHost } from '../../fake-host.ts';

describe('the flags of a kubelet in its files', () => {
  const text = '# mine\nOTHER=1\nKUBELET_EXTRA_ARGS=--v=2 --max-pods=50\n';

  it('the flags of a kubelet in its files are read with and without quotes, and change without anything else', () => {
    assert.deepEqual(flagsIn(text, 'KUBELET_EXTRA_ARGS'), ['--v=2', '--max-pods=50']);
    assert.deepEqual(flagsIn("KUBELET_EXTRA_ARGS='--v=2'\n", 'KUBELET_EXTRA_ARGS'), ['--v=2']);
    assert.equal(withFlags(text, 'KUBELET_EXTRA_ARGS', ['--v=2']), '# mine\nOTHER=1\nKUBELET_EXTRA_ARGS="--v=2"\n');
  });

  it('the flags of a kubelet in its files are those of edgeadm and then those of the users', async () => {
    const host = fakeHost({
      files: {
        '/var/lib/kubelet/kubeadm-flags.env': 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1"\n',
        '/etc/default/kubelet': text,
        '/var/lib/kubelet/config.yaml': 'cgroupDriver: systemd\n',
      },
    });
    assert.deepEqual(await kubeletSettings(host), {
      flags: ['--node-ip=10.0.0.1', '--v=2', '--max-pods=50'],
      configuration: { cgroupDriver: 'systemd' },
    });
  });
});
