import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { type KlogOptions, klogHead, klogRenderer } from '../../../src/output/klog.ts';
import type { WorkflowEvent } from '../../../src/workflow/events.ts';
import { end, event, info, start, TIME, warning } from './events.ts';

function shown(events: readonly WorkflowEvent[], options: Partial<KlogOptions> = {}): string[] {
  let text = '';
  const renderer = klogRenderer({ write: (part) => (text += part), verbose: false, nameHosts: false, ...options });
  for (const each of events) renderer.event(each);
  return text.split('\n').filter((line) => line !== '');
}

/** Without severity, time and process id. */
function messages(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/^.*?\] /, ''));
}

describe('lines without a terminal', () => {
  it('look as klog writes them: severity, local time with microseconds, padded process id, phase', () => {
    assert.equal(klogHead('I', TIME, 'join-node', 4711), 'I0410 10:54:25.801000    4711 join-node]');
    assert.equal(
      klogHead('E', TIME + 0.25, 'nodepool create', 1234567),
      'E0410 10:54:25.801250 1234567 nodepool-create]',
    );
    const [line] = shown([info('join-node', 'Start to joining node to cluster.')]);
    assert.match(line ?? '', /^I0410 10:54:25\.801000 +\d+ join-node\] \[join-node\] Start to joining/);
  });

  it('name the top-level phase in brackets, also for its sub-phases', () => {
    assert.deepEqual(messages(shown([info('install-edgehub/wait', 'Edgehub is ok')])), [
      '[install-edgehub] Edgehub is ok',
    ]);
  });

  it('name the host before the phase if there are several', () => {
    const lines = shown([info('join-node', 'hello', '10.0.0.5')], { nameHosts: true });
    assert.deepEqual(messages(lines), ['10.0.0.5 [join-node] hello']);
  });

  it('tell of phases only when asked for details', () => {
    const events = [
      start('prepare-node', 'Prepare the system'),
      start('prepare-node/sysctl', 'Kernel parameters'),
      end('prepare-node/sysctl'),
      end('prepare-node', 'skipped', 'not needed'),
    ];
    assert.deepEqual(shown(events), []);
    assert.deepEqual(messages(shown(events, { verbose: true })), [
      '[prepare-node] Prepare the system',
      '[prepare-node] sysctl: Kernel parameters',
      '[prepare-node] sysctl: done in 1.2s',
      '[prepare-node] skipped (not needed)',
    ]);
  });

  it('hide debug messages unless asked for', () => {
    const debug = event('a', { type: 'message', level: 'debug', text: 'detail' });
    assert.deepEqual(shown([debug]), []);
    assert.deepEqual(messages(shown([debug], { verbose: true })), ['[a] detail']);
  });

  it('mark warnings with W, and each of their lines is a line of the log', () => {
    const lines = shown([warning('preflight', 'swap is on\nswapoff -a')]);
    assert.deepEqual(
      lines.map((line) => line[0]),
      ['W', 'W'],
    );
    assert.deepEqual(messages(lines), ['[preflight] swap is on', '[preflight] swapoff -a']);
  });

  it('tell a failure with its code, its evidence and the next step', () => {
    const error = new EdgeadmError({
      code: 'KUBELET_FAILED',
      what: 'the kubelet does not run',
      why: 'failed\nexit 1\n',
      next: 'look',
    });
    const lines = shown([event('join-node', { type: 'failure', error })]);
    assert.ok(lines.every((line) => line.startsWith('E')));
    assert.deepEqual(messages(lines), [
      '[join-node] the kubelet does not run (KUBELET_FAILED)',
      '[join-node] failed',
      '[join-node] exit 1',
      '[join-node] next: look',
    ]);
  });

  it('tell of a long transfer now and then and at its end, not of a short one', () => {
    const step = (done: number, time: number): WorkflowEvent =>
      event('install-kubelet', { type: 'progress', what: 'kubelet', done, total: 100e6 }, { time: TIME + time });
    const long = Array.from({ length: 26 }, (_, second) => step(second * 4e6, second * 1000));
    assert.deepEqual(messages(shown(long)), [
      '[install-kubelet] kubelet: 40% of 100 MB, 4.0 MB/s, 15s left',
      '[install-kubelet] kubelet: 80% of 100 MB, 4.0 MB/s, 5s left',
      '[install-kubelet] kubelet: 100% of 100 MB, 4.0 MB/s',
    ]);
    assert.deepEqual(shown([step(0, 0), step(50e6, 100), step(100e6, 200)]), []);
  });
});
