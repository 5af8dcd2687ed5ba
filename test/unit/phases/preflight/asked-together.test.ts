import assert from 'node:assert/strict';
import { askedTogether } from '../../../../src/phases/preflight/asked-together.ts';
import { fakeHost } from '../../fake-host.ts';

const SHOWN = ['active', 'inactive', 'failed'].map((state) => `LoadState=loaded\nActiveState=${state}\nSubState=x\n`);
const printed = (...answers: string[]) => answers.map((text) => `${text}exit 0\n`).join('');
const rule = ['rule', 'show'];

describe('what every preflight asks', () => {
  it('what every preflight asks is asked by one script', async () => {
    const host = fakeHost({ commands: { sh: printed('0:\tfrom all lookup local\n', 'active\n', SHOWN.join('\n')) } });
    const together = askedTogether(host);
    const states = ['kubelet.service', 'containerd.service', 'firewalld.service'].map((name) => together.unit(name));
    assert.deepEqual(
      (await Promise.all(states)).map((state) => state?.detail),
      ['active (x)', 'inactive (x)', 'failed (x)'],
    );
    assert.equal((await together.query('ip', rule))?.stdout, '0:\tfrom all lookup local\n');
    assert.equal(host.queries.length, 1);
    assert.equal(await together.query('df', ['-P']), undefined);
    assert.equal(await together.unit('docker.service'), undefined);
    assert.equal(host.queries.length, 1);
  });

  it('what every preflight asks keeps the exit code of each program', async () => {
    const host = fakeHost({ commands: { sh: 'exit 127\ninactive\nexit 3\nexit 127\n' } });
    const together = askedTogether(host);
    assert.deepEqual(await together.query('ip', rule), { exitCode: 127, stdout: '', stderr: '' });
    assert.equal(await together.unit('kubelet.service'), undefined);
  });

  it('what every preflight asks is asked one by one where the script does not run to its end', async () => {
    const together = askedTogether(fakeHost({ commands: { sh: { exitCode: 137, stdout: 'exit 0\n' } } }));
    assert.equal(await together.query('ip', rule), undefined);
    assert.equal(await together.unit('kubelet.service'), undefined);
  });

  it('what every preflight asks is not asked again of a machine whose systemd hangs', async () => {
    const sh = { exitCode: -1, stdout: 'exit 0\n', stderr: 'did not end', timedOut: true };
    const together = askedTogether(fakeHost({ commands: { sh } }));
    assert.equal((await together.query('ip', rule))?.exitCode, 0);
    assert.equal((await together.unit('kubelet.service'))?.active, false);
  });
});
