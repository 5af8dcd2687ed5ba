import assert from 'node:assert/strict';
import { preferSmallHeap } from '../../../src/lib/small-heap.ts';

describe('the heap of the program', () => {
  const ROWS: [line: string, small: boolean][] = [
    ['join 10.0.0.1:6443 --token @token', true],
    ['reset --yes', true],
    ['join 10.0.0.1:6443 --host root@10.0.0.5', false],
    ['preflight --inventory=hosts.yaml', false],
    ['cluster list', false],
    ['', false],
  ];
  for (const [line, small] of ROWS)
    it(`the heap is ${small ? 'small on the node itself' : 'as Node.js has it elsewhere'}: edgeadm ${line}`, () => {
      const flags: string[] = [];
      preferSmallHeap(line.split(' ').filter(Boolean), (flag) => flags.push(flag));
      assert.equal(flags.includes('--optimize-for-size'), small);
    });
});
