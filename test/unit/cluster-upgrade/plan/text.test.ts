import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { NodeRecord, Plan } from '../../../../src/cluster-upgrade/plan/plan.ts';
import { refuseTooLarge } from '../../../../src/cluster-upgrade/plan/size.ts';
import { fromTexts, MAX_PLAN_BYTES, sizeOf, toTexts } from '../../../../src/cluster-upgrade/plan/text.ts';
import { newPlan } from '../../../../src/cluster-upgrade/plan/transitions.ts';
import type { EdgeadmError } from '../../../../src/errors/index.ts';
import { names, SPEC } from '../upgrade-bed.ts';

const NOW = 1_795_000_000;

function planOf(nodes: readonly Partial<NodeRecord>[]): Plan {
  const fresh = { name: 'edge-1', pool: '', from: 'v1.20.2' };
  const plan = newPlan(
    SPEC,
    nodes.map((node) => ({ ...fresh, ...node })),
    NOW,
  );
  return { ...plan, nodes: nodes.map((node, index) => ({ ...(plan.nodes[index] as NodeRecord), ...fresh, ...node })) };
}

const done = { state: 'upgraded', batch: 9, started: NOW, ended: NOW + 100 } as const;

/** Names as long as a label allows, in pools as the container service calls them. */
function largest(count: number): Partial<NodeRecord>[] {
  const pool = `np${'0123456789abcdef'.repeat(2)}`;
  return names(count).map((name) => ({ ...done, name: name.padEnd(60, 'x'), pool, from: 'v1.20.11-aliyunedge.1' }));
}

describe('the texts of a plan', () => {
  it('give back what was put in', () => {
    const word = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/);
    const record = fc.record({
      name: word,
      pool: fc.option(word, { nil: '' }),
      from: fc.constantFrom('v1.20.2', 'v1.18.8-aliyunedge.1'),
      state: fc.constantFrom('waiting', 'running', 'upgraded', 'failed', 'offline', 'gone'),
      batch: fc.nat(),
      started: fc.nat(),
      ended: fc.nat(),
      cordoned: fc.boolean(),
      message: fc.constantFrom('', 'disk full', 'Knoten fällt aus', '节点磁盘已满: 剩余 0 字节', '"', 'a " b'),
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 30 }), (nodes) => {
        const plan = planOf(nodes as NodeRecord[]);
        assert.deepEqual(fromTexts(toTexts(plan)), JSON.parse(JSON.stringify(plan)));
      }),
    );
  });

  it('the texts of a plan keep every node on its line, whatever a message says', () => {
    // That of fast-check for all of Unicode takes seconds to be made.
    const character = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));
    fc.assert(
      fc.property(fc.string({ unit: character }), (message) => {
        const plan = planOf([{ message }, { name: 'edge-2' }]);
        const [first, second] = fromTexts(toTexts(plan)).nodes;
        assert.equal(first?.message, message.replace(/\s+/g, ' ').slice(0, 400).toWellFormed().trimEnd());
        assert.equal(second?.name, 'edge-2');
      }),
    );
    const plan = planOf([{ message: 'a\tb\r\nc\u2028d\n\n\te' }]);
    assert.equal(fromTexts(toTexts(plan)).nodes[0]?.message, 'a b c d e');
  });

  it('the texts of a plan can be read by people with kubectl', () => {
    const { nodes } = toTexts(
      planOf([
        { ...done, pool: 'shops' },
        { name: 'edge-2', pool: 'shops' },
      ]),
    );
    assert.equal(
      nodes,
      [
        'name\tpool\tfrom\tstate\tbatch\tstarted\tended\tcordoned\tmessage',
        'edge-1\tshops\tv1.20.2\tupgraded\t9\t1795000000\t1795000100',
        'edge-2\t"\t"\twaiting\t0\t0\t0',
        '',
      ].join('\n'),
    );
  });

  it('fit into a ConfigMap with 10,000 nodes, with a whole batch of them failed', () => {
    const message = '磁盘已满，无法安装 kubelet。'.repeat(40);
    const nodes = largest(10_000).map((node, index) => (index < 1000 ? { ...node, state: 'failed', message } : node));
    const plan = planOf(nodes as NodeRecord[]);
    const texts = toTexts(plan);
    assert.ok(sizeOf(texts) <= MAX_PLAN_BYTES, `${sizeOf(texts)} bytes`);
    const back = fromTexts(texts);
    assert.equal(back.nodes.length, 10_000);
    assert.deepEqual(back.nodes.slice(1000), plan.nodes.slice(1000));
    const few = planOf(largest(1000).map((node) => ({ ...node, state: 'failed', message: 'x'.repeat(300) })));
    assert.equal(fromTexts(toTexts(few)).nodes[0]?.message.length, 300, 'where there is room messages stay whole');
  });

  it('the texts of a plan are refused before they are begun if they would not fit at the end', () => {
    const names100k = largest(12_000).map((node) => ({ ...node, state: 'waiting', batch: 0, started: 0, ended: 0 }));
    const plan = planOf(names100k as NodeRecord[]);
    assert.ok(sizeOf(toTexts(plan)) < MAX_PLAN_BYTES, 'it fits when it begins');
    assert.throws(
      () => refuseTooLarge(plan),
      (error: EdgeadmError) => error.code === 'USAGE' && /--selector/.test(error.next),
    );
    const ordinary = newPlan(
      SPEC,
      names(10_000).map((name) => ({ name, pool: 'shops', from: 'v1.20.2' })),
      NOW,
    );
    assert.doesNotThrow(() => refuseTooLarge(ordinary));
  });
});
