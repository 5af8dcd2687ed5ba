import assert from 'node:assert/strict';
import { readsWatchLists, withPlainLists } from '../../../../src/kubernetes/kubelet/watch-lists.ts';

const GATE = { WatchListClient: false };

/** Whether each kubelet reads watch lists. Source of the default: CHANGELOG-1.35; flags override the file gate by gate. */
const ROWS: readonly (readonly [version: string, gates: Record<string, boolean>, flags: string, reads: boolean])[] = [
  ['v1.34.4', {}, '', false],
  ['v1.34.4', { WatchListClient: true }, '', true],
  ['v1.35.0', {}, '', true],
  ['v1.37.2', {}, '', true],
  ['v1.37.2', GATE, '', false],
  ['v1.37.2', GATE, '--feature-gates=WatchListClient=true', true],
  ['v1.37.2', GATE, '--feature-gates NodeSwap=true,WatchListClient=true --v=2', true],
  ['v1.37.2', {}, '--feature-gates=WatchListClient=true --feature-gates=WatchListClient=false', false],
  ['v1.37.2', { AllBeta: false }, '', false],
  ['v1.37.2', GATE, '--feature-gates', false],
];

describe('watch lists of a kubelet', () => {
  for (const [version, featureGates, flags, reads] of ROWS) {
    it(`kubelet ${version} with ${JSON.stringify(featureGates)} and "${flags}" reads ${reads ? 'watch' : 'plain'} lists`, () => {
      const words = flags.split(' ').filter(Boolean);
      assert.equal(readsWatchLists(version, { flags: words, configuration: { featureGates } }), reads);
    });
  }

  it('the gate is added beside the gates of the cluster, to a map that is damaged too, and only if it is needed', () => {
    const before = { featureGates: { NodeSwap: true }, maxPods: 50 };
    const after = { featureGates: { NodeSwap: true, WatchListClient: false }, maxPods: 50 };
    assert.deepEqual(withPlainLists('v1.35.4', before), after);
    assert.deepEqual(withPlainLists('v1.35.4', { featureGates: 'none' }), { featureGates: GATE });
    assert.deepEqual(withPlainLists('v1.35.4', { featureGates: { WatchListClient: true } }), { featureGates: GATE });
    assert.equal(withPlainLists('v1.35.4', after), after);
    assert.equal(withPlainLists('v1.34.4', before), before);
  });
});
