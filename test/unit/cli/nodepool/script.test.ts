import assert from 'node:assert/strict';
import { attachSpecOf, expiryOf } from '../../../../src/cli/nodepool/script.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const never = (mistake: string): never => assert.fail(mistake);

describe('the line for a node', () => {
  it("says what the console's says, and over it what the user gives", () => {
    const addons = ['kube-proxy', 'flannel', 'coredns'];
    assert.deepEqual(attachSpecOf('{"manageRuntime":false}', 'linux', never).keys, {
      quiet: true,
      manageRuntime: false,
      allowedClusterAddons: addons,
    });
    const quoted = '"{\\"manageRuntime\\":false}"';
    assert.equal(attachSpecOf(quoted, 'linux', never).keys.manageRuntime, false);
    assert.deepEqual(attachSpecOf('{}', 'windows', never).keys, { quiet: true, platform: 'Windows' });
  });

  it('warns of keys that mean nothing, and refuses what is no JSON', () => {
    assert.match(attachSpecOf('{"tpyo":1}', 'linux', never).warnings.join(), /tpyo/);
    const mistakes: string[] = [];
    attachSpecOf('[', 'linux', (mistake) => mistakes.push(mistake));
    assert.match(mistakes.join(), /--node-spec/);
  });

  it('the line for a node is good for as long as asked; for ever is ten years, which is said', () => {
    assert.deepEqual(expiryOf('90m', never, NOW), { seconds: NOW / 1000 + 5400, warnings: [] });
    const always = expiryOf('0', never, NOW);
    assert.equal(new Date(always.seconds * 1000).getUTCFullYear(), 2035);
    assert.match(always.warnings.join(), /ten years/);
    const mistakes: string[] = [];
    expiryOf('soon', (mistake) => mistakes.push(mistake), NOW);
    assert.match(mistakes.join(), /--ttl: "soon"/);
  });
});
