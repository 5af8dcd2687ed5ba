import assert from 'node:assert/strict';
import fc from 'fast-check';
import { batchLimit, batchSizes, inOrder } from '../../../../src/cluster-upgrade/plan/batches.ts';
import { isActive, nodesIn, type Plan } from '../../../../src/cluster-upgrade/plan/plan.ts';
import {
  beginBatch,
  continuePlan,
  endNode,
  newPlan,
  pauseIfIdle,
  pausePlan,
} from '../../../../src/cluster-upgrade/plan/transitions.ts';
import { names, SPEC } from '../upgrade-bed.ts';

const planOf = (count: number, spec = SPEC): Plan =>
  newPlan(
    spec,
    names(count).map((name) => ({ name, pool: '', from: 'v1.20.2' })),
    0,
  );

describe('batches of nodes', () => {
  it('begin with one, double, and never take more than a tenth, but one at least', () => {
    const sizes = (nodes: number) => batchSizes(nodes, batchLimit(nodes));
    assert.deepEqual(sizes(1), [1]);
    assert.deepEqual(sizes(12), Array(12).fill(1));
    assert.deepEqual(sizes(19), Array(19).fill(1));
    assert.deepEqual(sizes(20), [1, ...Array(9).fill(2), 1]);
    assert.deepEqual(sizes(200), [1, 2, 4, 8, 16, ...Array(8).fill(20), 9]);
    assert.deepEqual(sizes(10_000).slice(0, 11), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000]);
    assert.deepEqual(sizes(0), []);
  });

  it('batches of nodes come by node pool, then by name, with numbers as people count them; nodes of no pool first', () => {
    const given = ['b edge-10', 'b edge-2', 'a-10 x', 'a-9 y', ' zoo', 'b edge-1', 'b edge-2-a'];
    const nodes = given.map((text) => {
      const [pool = '', name = ''] = text.split(' ');
      return { name, pool, from: 'v1.20.2' };
    });
    assert.deepEqual(
      newPlan(SPEC, nodes, 0).nodes.map(({ pool, name }) => `${pool} ${name}`),
      [' zoo', 'a-9 y', 'a-10 x', 'b edge-1', 'b edge-2', 'b edge-2-a', 'b edge-10'],
    );
    assert.deepEqual(inOrder([]), []);
  });

  it('take every node once and never too many, whatever is paused, fails, goes away or comes back', () => {
    const action = fc.constantFrom('end', 'end', 'end', 'begin', 'begin', 'fail', 'pause', 'continue', 'off', 'on');
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.array(fc.tuple(action, fc.nat()), { maxLength: 200 }),
        fc.array(fc.nat(), { maxLength: 3 }),
        (count, actions, deleted) => {
          const run = new Run(count, new Set(deleted.map((at) => `edge-${(at % count) + 1}`)));
          for (const [what, at] of actions) run.do(what, at);
          run.finish();
          run.check();
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** An upgrade by its transitions alone. */
class Run {
  #plan: Plan;
  readonly #limit: number;
  readonly #gone: ReadonlySet<string>;
  readonly #offline = new Set<string>();
  readonly #upgraded: string[] = [];
  #afterPause = true;
  #now = 0;

  constructor(count: number, gone: ReadonlySet<string>) {
    this.#plan = planOf(count, { ...SPEC, waitOffline: true });
    this.#limit = Math.max(1, Math.floor(count / 10));
    this.#gone = gone;
  }

  do(what: string, at: number): void {
    this.#now++;
    const running = nodesIn(this.#plan, 'running');
    const node = running[at % Math.max(1, running.length)];
    if (what === 'begin') this.#begin();
    else if (what === 'end' && node) this.#end(node.name);
    else if (what === 'fail' && node) this.#plan = endNode(this.#plan, node.name, 'no luck', this.#now);
    else if (what === 'pause' && this.#plan.progress.phase === 'Running') this.#plan = pausePlan(this.#plan, 'x', 1);
    else if (what === 'continue' && isActive(this.#plan)) this.#continue();
    else if (what === 'off') this.#offline.add(`edge-${(at % this.#plan.nodes.length) + 1}`);
    else if (what === 'on') this.#offline.clear();
    this.#plan = pauseIfIdle(this.#plan, this.#now);
  }

  #continue(): void {
    if (this.#plan.progress.phase !== 'Running') this.#afterPause = true;
    this.#plan = continuePlan(this.#plan);
    assert.equal(nodesIn(this.#plan, 'failed').length, 0);
  }

  #end(name: string): void {
    this.#upgraded.push(name);
    this.#plan = endNode(this.#plan, name, undefined, this.#now);
  }

  #begin(): void {
    const { phase, batch, lastBatchSize } = this.#plan.progress;
    const before = nodesIn(this.#plan, 'running').length;
    const known = new Set(this.#plan.nodes.map(({ name }) => name).filter((name) => !this.#gone.has(name)));
    const online = new Set([...known].filter((name) => !this.#offline.has(name)));
    this.#plan = beginBatch(this.#plan, { known, online, now: this.#now });
    const begun = nodesIn(this.#plan, 'running').length;
    assert.ok(begun <= this.#limit, `${begun} at the same time`);
    if (this.#plan.progress.batch === batch) return;
    assert.equal(phase, 'Running');
    assert.equal(before, 0, 'a batch begins when the one before is over');
    if (this.#afterPause) assert.equal(begun, 1);
    else assert.ok(begun <= lastBatchSize * 2);
    this.#afterPause = false;
  }

  finish(): void {
    this.#offline.clear();
    for (let steps = 0; this.#plan.progress.phase !== 'Completed'; steps++) {
      assert.ok(steps < 10_000, 'it comes to an end');
      this.do('continue', 0);
      this.do('begin', 0);
      for (const { name } of nodesIn(this.#plan, 'running')) this.#end(name);
    }
  }

  check(): void {
    assert.equal(new Set(this.#upgraded).size, this.#upgraded.length, 'no node twice');
    for (const { name, state } of this.#plan.nodes)
      assert.equal(state, this.#upgraded.includes(name) ? 'upgraded' : 'gone', name);
    for (const name of this.#upgraded) assert.ok(!this.#gone.has(name));
  }
}
