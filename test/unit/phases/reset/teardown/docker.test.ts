import assert from 'node:assert/strict';
import { endDockerPods } from '../../../../../src/phases/reset/teardown/docker.ts';
import { fakeHost } from '../../../fake-host.ts';

describe('the docker containers of pods that move to another runtime', () => {
  it('the docker containers of pods that move to another runtime have the time to end that their pods are given, a minute at most, and the sandboxes go last', async () => {
    const host = fakeHost({
      commands: { docker: (args) => (args[0] === 'ps' ? 'a1 30\nb1 \nb2 \na2 3600\na3 1\n' : '') },
    });
    await endDockerPods(host);
    assert.match(host.queries[0] ?? '', /^docker ps --no-trunc --filter name=\^\/\?k8s_ --format \{\{\.ID\}\}/);
    assert.deepEqual(host.changes, [
      'run docker stop --time 60 a2',
      'run docker stop --time 30 a1',
      'run docker stop --time 1 a3',
      'run docker stop --time 0 b1 b2',
    ]);
  });

  it('the docker containers of pods that move to another runtime are none if docker runs none', async () => {
    const host = fakeHost({ commands: { docker: '' } });
    await endDockerPods(host);
    assert.deepEqual(host.changes, []);
  });
});
