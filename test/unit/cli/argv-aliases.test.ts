import assert from 'node:assert/strict';
import { normalizeArguments } from '../../../src/cli/argv-aliases.ts';

describe('spellings that people bring along from kubectl, kubeadm and uname', () => {
  for (const [typed, means] of [
    ['help join', 'join --help'],
    ['join -h', 'join --help'],
    ['version', '--version'],
    ['join -v 5 10.0.0.1', 'join -v 10.0.0.1'],
    ['join 10.0.0.1 --v=5', 'join 10.0.0.1 -v'],
    ['join --v 10 10.0.0.1', 'join -v 10.0.0.1'],
    ['join -v=2', 'join -v'],
    ['join -v5 10.0.0.1', 'join -v 10.0.0.1'],
    ['join --v=0 10.0.0.1', 'join 10.0.0.1'],
    ['join -v 10.0.0.1', 'join -v 10.0.0.1'],
    ['join -v', 'join -v'],
    ['bundle create DIR --arch x86_64', 'bundle create DIR --arch amd64'],
    ['node attach --arch=aarch64', 'node attach --arch=arm64'],
    ['--v=2 join', '--v=2 join'],
    ['compat --arch riscv64', 'compat --arch riscv64'],
    ['token create -- -h -v 5', 'token create -- -h -v 5'],
  ])
    it(`edgeadm ${typed} is edgeadm ${means}`, () => {
      assert.deepEqual(normalizeArguments((typed ?? '').split(' ')), (means ?? '').split(' '));
    });
});
