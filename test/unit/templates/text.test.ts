import assert from 'node:assert/strict';
import { fillTemplate } from '../../../src/templates/text.ts';

describe('unit and environment files', () => {
  it('hold the flags of the kubelet as words', () => {
    assert.equal(
      fillTemplate('kubelet/kubeadm-flags.env', { flags: ['--a=b', '--c=d=e,f='] }),
      'KUBELET_KUBEADM_ARGS="--a=b --c=d=e,f="\n',
    );
  });

  it('never take a value that could become a directive, a quote or a second line', () => {
    for (const hostile of ['a b', 'a"', "a'", 'a\nExecStart=/bin/sh', 'a;b', '$(x)', '`x`', '\\', '']) {
      assert.throws(() => fillTemplate('kubelet/kubelet.service', { kubelet: hostile }), /may not hold/, hostile);
      assert.throws(
        () => fillTemplate('kubelet/kubeadm-flags.env', { flags: ['--ok=1', hostile] }),
        /may not hold/,
        hostile,
      );
    }
  });

  it('must be filled completely, and with nothing else', () => {
    assert.throws(() => fillTemplate('kubelet/kubelet.service', {}), /no value/);
    assert.throws(
      () => fillTemplate('kubelet/kubelet.service', { kubelet: '/usr/bin/kubelet', other: 'x' }),
      /no place/,
    );
  });
});
