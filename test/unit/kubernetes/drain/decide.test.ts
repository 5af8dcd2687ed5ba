import assert from 'node:assert/strict';
import { type DrainPolicy, decide } from '../../../../src/kubernetes/drain/pods.ts';
import { KINDS, type Kind } from './pods.ts';

const BOTH: DrainPolicy = { force: true, deleteEmptyDirData: true };
const EMPTYDIR: DrainPolicy = { deleteEmptyDirData: true };

/** What a drain does with each kind: without flags, with --force, with --delete-emptydir-data, with both. */
const ROWS: readonly (readonly [Kind, string, string, string, string])[] = [
  ['replicated', 'evict', 'evict', 'evict', 'evict'],
  ['stateful', 'evict', 'evict', 'evict', 'evict'],
  ['job', 'evict', 'evict', 'evict', 'evict'],
  ['custom', 'evict', 'evict', 'evict', 'evict'],
  ['daemonSet', 'leave', 'leave', 'leave', 'leave'],
  ['orphan', 'orphaned', 'evict', 'orphaned', 'evict'],
  ['mirror', 'leave', 'leave', 'leave', 'leave'],
  ['mirrorOfNode', 'leave', 'leave', 'leave', 'leave'],
  ['unmanaged', 'unmanaged', 'evict', 'unmanaged', 'evict'],
  ['ownedButNotControlled', 'unmanaged', 'evict', 'unmanaged', 'evict'],
  ['emptyDir', 'localStorage', 'localStorage', 'evict', 'evict'],
  ['unmanagedEmptyDir', 'unmanaged localStorage', 'localStorage', 'unmanaged', 'evict'],
  ['succeeded', 'evict', 'evict', 'evict', 'evict'],
  ['failed', 'evict', 'evict', 'evict', 'evict'],
  ['finishedDaemonSet', 'evict', 'evict', 'evict', 'evict'],
  ['terminating', 'wait', 'wait', 'wait', 'wait'],
  ['terminatingDaemonSet', 'leave', 'leave', 'leave', 'leave'],
  ['upgrade', 'leave', 'leave', 'leave', 'leave'],
];

describe('the pods that kubectl drain tells apart (k8s.io/kubectl/pkg/drain/filters.go)', () => {
  for (const [kind, ...expected] of ROWS) {
    it(`drain decides about a ${kind} pod as kubectl does with the same flags`, () => {
      const decisions = [{}, { force: true }, EMPTYDIR, BOTH].map((policy) => {
        const decision = decide(KINDS[kind], policy, kind === 'orphan');
        return decision.action === 'refuse' ? decision.refusals.join(' ') : decision.action;
      });
      assert.deepEqual(decisions, expected);
    });
  }

  it('drain: the table has a row for every kind of pod', () => {
    assert.deepEqual(ROWS.map(([kind]) => kind).sort(), Object.keys(KINDS).sort());
  });
});
