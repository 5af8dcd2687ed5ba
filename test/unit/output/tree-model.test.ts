import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { styleFor } from '../../../src/output/style.ts';
import { TreeModel } from '../../../src/output/tree-model.ts';
import type { WorkflowEvent } from '../../../src/workflow/events.ts';
import { end, event, info, start, TIME, warning } from './events.ts';

const PLAIN = styleFor({ LANG: 'C.UTF-8', NO_COLOR: '1' }, true);
const ASCII = styleFor({ NO_COLOR: '1' }, true);

function treeOf(
  events: readonly WorkflowEvent[],
  hosts = ['localhost'],
  style = PLAIN,
  columns?: number,
): { tree: TreeModel; kept: string[] } {
  const tree = new TreeModel(style, hosts, columns === undefined ? undefined : () => columns);
  return { tree, kept: events.flatMap((each) => tree.apply(each)) };
}

function live(tree: TreeModel, columns = 80, now = TIME): string[] {
  return tree.live(20).flatMap((item) => item.lines(columns, now));
}

describe('the tree of one host', () => {
  it('keeps a line for each phase that is over, with its duration, and none for one that was skipped', () => {
    const { kept } = treeOf([
      start('a', 'Prepare the system'),
      end('a'),
      start('b', 'Install the runtime'),
      end('b', 'skipped', 'not needed'),
      start('c', 'Install the kubelet'),
      end('c', 'unchanged'),
      start('d', 'Roll back: Join'),
      end('d', 'rolled-back'),
      start('e', 'Join'),
      end('e', 'failed'),
    ]);
    assert.deepEqual(kept, [
      '✔ Prepare the system  1.2s',
      '✔ Install the kubelet  unchanged',
      '↩ Roll back: Join  rolled back',
      '✖ Join  1.2s',
    ]);
  });

  it('shows what the running phase said last, and for how long it runs', () => {
    const { tree } = treeOf([start('a', 'Join the cluster'), info('a', 'first'), info('a', 'waiting\nfor long')]);
    assert.deepEqual(live(tree), ['Join the cluster › waiting']);
    assert.deepEqual(live(tree, 80, TIME + 12_345), ['Join the cluster  12s › waiting']);
  });

  it('shows no line of the original tool, which scripts look for in logs', () => {
    const vendor = event('a', { type: 'message', level: 'info', text: 'Edgehub is ok', vendor: true });
    const { tree, kept } = treeOf([vendor, start('a', 'Join'), info('a', 'waiting'), vendor]);
    assert.deepEqual([...kept, ...live(tree)], ['Join › waiting']);
  });

  it('shows sub-phases below their phase while it runs, and folds them when it is done', () => {
    const events = [
      start('a', 'Prepare'),
      start('a/x', 'Modules'),
      end('a/x'),
      start('a/y', 'Sysctl'),
      info('a/y', 'setting'),
    ];
    const { tree } = treeOf(events);
    assert.deepEqual(live(tree), ['Prepare', '✔ Modules  1.2s', '› Sysctl › setting']);
    assert.deepEqual(tree.apply(end('a/y')), []);
    assert.deepEqual(tree.apply(end('a')), ['✔ Prepare  1.2s']);
    assert.deepEqual(live(tree), []);
  });

  it('shows phases that run at the same time one below the other, and each is kept when it ends', () => {
    const events = [start('a', 'Runtime'), start('a/x', 'Images'), start('b', 'Kubelet'), start('b/y', 'Programs')];
    const { tree } = treeOf(events);
    assert.deepEqual(live(tree), ['Runtime', '› Images', 'Kubelet', '› Programs']);
    assert.deepEqual([...tree.apply(end('b/y')), ...tree.apply(end('b'))], ['✔ Kubelet  1.2s']);
    assert.deepEqual(live(tree), ['Runtime', '› Images']);
    assert.deepEqual([...tree.apply(end('a/x')), ...tree.apply(end('a'))], ['✔ Runtime  1.2s']);
    assert.deepEqual(live(tree), []);
  });

  it('keeps the sub-phase that failed, and every warning', () => {
    const { kept } = treeOf([
      start('a', 'Prepare'),
      warning('a', 'swap is on\nswapoff -a'),
      start('a/x', 'Modules'),
      warning('a/x', 'no vxlan'),
      end('a/x'),
      start('a/y', 'Sysctl'),
      end('a/y', 'failed'),
      end('a', 'failed'),
    ]);
    assert.deepEqual(kept, ['✖ Prepare  1.2s', '  ! swap is on', '    swapoff -a', '  ! no vxlan', '  ✖ Sysctl  1.2s']);
  });

  it('breaks warnings between words, but no row of a table and no command', () => {
    const text = 'swap is on\nDISK       SIZE\n/dev/sda2  1 GB\n  Turn it off with `swapoff -a`.';
    const { kept } = treeOf([start('a', 'Prepare'), warning('a', text), end('a')], ['localhost'], PLAIN, 22);
    assert.deepEqual(kept.slice(1), [
      '  ! swap is on',
      '    DISK       SIZE',
      '    /dev/sda2  1 GB',
      '      Turn it off with',
      '      `swapoff -a`.',
    ]);
  });

  it('shows messages that belong to no running phase', () => {
    const { kept } = treeOf([info('roll-back', 'putting files back'), warning('roll-back', 'one file is gone')]);
    assert.deepEqual(kept, ['putting files back', '! one file is gone']);
  });

  it('shows a bar with rate and time left for each transfer', () => {
    const step = (done: number, time: number): WorkflowEvent =>
      event('a', { type: 'progress', what: 'kubelet v1.20.2', done, total: 112e6 }, { time: TIME + time });
    const { tree } = treeOf([start('a', 'Install'), step(0, 0), step(28e6, 1000), step(56e6, 2000)]);
    assert.deepEqual(live(tree, 80, TIME), [
      'Install',
      'kubelet v1.20.2     ████████████░░░░░░░░░░░░  50%  28 MB/s  2s left',
    ]);
  });

  it('the tree of one host fits 60 columns', () => {
    const events = [
      start('a', 'Check the machine and its way to the cluster and more'),
      info('a', 'x'.repeat(200)),
      event('a', { type: 'progress', what: 'a very long name of an image/with:tag', done: 1, total: 3e9 }),
      start('a/b', 'A sub-phase with a name that is too long for the line, really'),
    ];
    for (const style of [PLAIN, ASCII]) {
      const lines = live(treeOf(events, ['localhost'], style).tree, 60);
      // A spinner and an indentation of two stand before them.
      for (const line of lines) assert.ok([...line].length <= 56, line);
    }
  });

  it('the tree of one host is plain ASCII if the locale is not UTF-8', () => {
    const { tree, kept } = treeOf(
      [start('a', 'Größe'), warning('a', '→ 密碼'), end('a'), start('b', 'B'), info('b', 'wäit')],
      ['localhost'],
      ASCII,
    );
    assert.deepEqual(kept, ['+ Gr??e  1.2s', '  ! ? ??']);
    assert.deepEqual(live(tree), ['B > w?it']);
  });
});

describe('the tree of several hosts', () => {
  const HOSTS = ['10.0.0.5', '10.0.0.6', '10.0.0.7'];

  it('shows a line for each host that is at work, and how many wait', () => {
    const { tree } = treeOf(
      [
        start('a', 'Prepare', '10.0.0.5'),
        start('a/x', 'Modules', '10.0.0.5'),
        info('a/x', 'loading', '10.0.0.5'),
        start('a', 'Prepare', '10.0.0.6'),
      ],
      HOSTS,
    );
    assert.deepEqual(live(tree), ['10.0.0.5  Prepare: Modules › loading', '10.0.0.6  Prepare', '1 waiting']);
  });

  it('keeps a line for each host that is done, with its own outcome', () => {
    const { tree } = treeOf([start('a', 'Prepare', '10.0.0.5'), end('a', 'done', undefined, '10.0.0.5')], HOSTS);
    const error = new EdgeadmError({ code: 'TIMEOUT', what: 'timed out' });
    assert.deepEqual(tree.hostDone({ host: '10.0.0.5', ok: true, outcome: 'joined', durationMs: 12_345 }), [
      '✔ 10.0.0.5  joined  12.3s',
    ]);
    assert.deepEqual(
      tree.hostDone({ host: '10.0.0.6', ok: false, outcome: 'failed', phase: 'join-node', durationMs: 1000, error }),
      ['✖ 10.0.0.6  failed in join-node: TIMEOUT  1.0s'],
    );
    assert.deepEqual(live(tree), []);
  });

  it('names the host of each warning', () => {
    assert.deepEqual(treeOf([start('a', 'A', '10.0.0.6'), warning('a', 'swap', '10.0.0.6')], HOSTS).kept, [
      '! 10.0.0.6: swap',
    ]);
  });

  it('never fills more than the screen', () => {
    const hosts = Array.from({ length: 50 }, (_, index) => `node-${index}`);
    const { tree } = treeOf(
      hosts.map((host) => start('a', 'A', host)),
      hosts,
    );
    assert.deepEqual(
      tree.live(3).flatMap((item) => item.lines(80, TIME)),
      ['node-0   A', 'node-1   A', 'node-2   A', '47 more at work'],
    );
  });
});
