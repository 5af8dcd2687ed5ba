import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { batchesText, statusText } from '../../../../src/cli/cluster-upgrade/text.ts';
import type { NodeRecord } from '../../../../src/cluster-upgrade/plan/plan.ts';
import { newPlan } from '../../../../src/cluster-upgrade/plan/transitions.ts';
import { progressOf, type UpgradeStatus } from '../../../../src/cluster-upgrade/status.ts';
import { startScreen } from '../../../../src/output/screen.ts';
import { names, SPEC } from '../../cluster-upgrade/upgrade-bed.ts';
import { asWriteStream, FakeStream } from '../../output/fake-terminal.ts';

const START = 1_795_000_000;
const UP = '\u001b[';

function status(count: number, changes: Readonly<Record<string, Partial<NodeRecord>>>, extra = {}): UpgradeStatus {
  const plan = newPlan(
    SPEC,
    names(count).map((name) => ({ name, pool: '网点', from: 'v1.20.2' })),
    START,
  );
  const nodes = plan.nodes.map((node) => ({ ...node, ...changes[node.name] }));
  const progress = { ...plan.progress, ...extra };
  return { ...progressOf({ ...plan, progress, nodes }, START + 90), failedPods: [], unknown: [] };
}

const first = { 'edge-1': { state: 'upgraded', batch: 1, started: START, ended: START + 60 } } as const;

describe('the text of a cluster upgrade', () => {
  it('shows what is done, what is under way, how long it took and how long it will', () => {
    const running = { ...first, 'edge-2': { state: 'running', batch: 2, started: START + 60 } } as const;
    const text = statusText(
      {
        ...status(3, running, { batch: 2, lastBatchSize: 1 }),
        controller: { identity: 'ann@laptop', renewed: new Date((START + 85) * 1000).toISOString() },
      },
      START + 90,
    );
    assert.match(text, /^Upgrade: {4}to v1\.20\.3, Running$/m);
    assert.match(text, /^Started: {4}2026-11-18T\d\d:\d\d:\d\dZ by ann@laptop$/m);
    assert.match(text, /^Elapsed: {4}1m30s; about 1m30s left$/m);
    assert.match(text, /^Nodes: {6}1 upgraded, 1 running, 1 waiting$/m);
    assert.match(text, /^Remaining: {2}1 batch of 1 node$/m);
    assert.match(text, /^Controller: ann@laptop, last seen 5s ago$/m);
    assert.match(text, /^edge-1 {3}网点 .* v1\.20\.3 {3}upgraded {3}1 {7}1m$/m);
    assert.match(text, /^edge-2 {3}网点 .* v1\.20\.2 {3}running {4}2 {7}30s$/m);
  });

  it('says if no controller runs, and what could not be seen', () => {
    assert.match(statusText(status(1, {}), START), /^Controller: none yet; `edgeadm cluster upgrade continue`/m);
    const text = statusText({ ...status(1, {}), unknown: ['Forbidden: leases'] }, START);
    assert.match(text, /^Not shown: {2}Forbidden: leases$/m);
    assert.doesNotMatch(text, /Controller/);
  });

  it('shows failed pods with the last lines of their logs', () => {
    const log = Array.from({ length: 40 }, (_, i) => `line ${i}`).join('\n');
    const text = statusText({ ...status(1, {}), failedPods: [{ pod: 'p', node: 'edge-1', log }] }, START);
    assert.match(text, /^Failed pod p on edge-1:\n {2}line 25\n[\s\S]* {2}line 39\n$/m);
    assert.doesNotMatch(text, /line 24/);
  });

  it('counts the nodes of a large cluster and lists those that need a look, or all if that is asked for', () => {
    const large = status(60, { ...first, 'edge-2': { state: 'failed', batch: 2, message: '磁盘已满' } });
    assert.match(statusText(large, START), /edge-2 .* 磁盘已满/);
    assert.doesNotMatch(statusText(large, START), /edge-3 /);
    assert.match(statusText(large, START, true), /edge-60 /);
  });

  it('the text of a cluster upgrade has no time below zero if the clock of the reader is behind', () => {
    assert.doesNotMatch(statusText(status(3, first), START - 600), /-\d+m?s/);
  });

  it('the text of a paused upgrade says what comes next', () => {
    assert.match(
      statusText(status(3, first, { phase: 'Paused' }), START),
      /^Next: {7}`edgeadm cluster upgrade continue`/m,
    );
  });

  it('tells sizes of batches in short', () => {
    assert.equal(batchesText([1, 2, 4, 5, 5, 5, 2]), '7 batches: 1, 2, 4, 3 × 5, 2');
    assert.equal(batchesText([1, 2, 2]), '3 batches: 1, 2, 2');
    assert.equal(batchesText(Array(12).fill(1)), '12 batches of 1 node');
    assert.equal(batchesText([4]), '1 batch of 4 nodes');
  });
});

describe('a status that is refreshed on a terminal', () => {
  it('stays in its place and within 60 columns', () => {
    const terminal = new FakeStream(60);
    const screen = startScreen(asWriteStream(terminal));
    const message = '磁盘已满，无法安装，'.repeat(30);
    const shown = status(3, { 'edge-1': { state: 'failed', batch: 1, message } });
    screen.show(statusText(shown, START));
    const lines = stripVTControlCharacters(terminal.text).split('\n').slice(0, -1);
    for (const line of lines) assert.ok(line.length <= 60, line);
    assert.ok(terminal.text.includes(`${UP}?7l`) && terminal.text.endsWith(`${UP}?7h`), 'nothing wraps meanwhile');
    terminal.text = '';
    screen.show('one line\n');
    assert.ok(terminal.text.startsWith(`${UP}${lines.length}F${UP}J`), JSON.stringify(terminal.text));
    terminal.text = '';
    screen.show('another\n');
    assert.ok(terminal.text.startsWith(`${UP}1F${UP}J`));
  });

  it('shows what fits on the terminal, also on one that does not tell its size', () => {
    for (const [rows, fits] of [
      [10, 9],
      [0, 23],
      [undefined, 23],
    ] as const) {
      const terminal = new FakeStream();
      Object.assign(terminal, { rows });
      startScreen(asWriteStream(terminal)).show('x\n'.repeat(100));
      assert.equal(terminal.text.split('\n').length - 1, fits);
    }
  });

  it('ends a line that does not fit with an ellipsis, in characters the terminal has', () => {
    for (const [env, dots] of [
      [{ LANG: 'C.UTF-8' }, '…'],
      [{}, '...'],
    ] as const) {
      const terminal = new FakeStream(20);
      startScreen(asWriteStream(terminal), env).show('control plane at 1.20.11-aliyunedge.1\n');
      assert.ok(terminal.text.includes(`${dots}\n`), JSON.stringify(terminal.text));
    }
  });

  it('gives nobody on a node the cursor', () => {
    const terminal = new FakeStream(60);
    startScreen(asWriteStream(terminal)).show('a \u001b[2J\u001b]0;title\u0007b\n');
    assert.match(terminal.text, /a b\n/);
  });
});
