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
    assert.match(attachSpecOf('{"flanelIface":"eth1"}', 'linux', never).warnings.join(), /did you mean flannelIface\?/);
    const mistakes: string[] = [];
    attachSpecOf('[', 'linux', (mistake) => mistakes.push(mistake));
    assert.match(mistakes.join(), /--node-spec/);
  });

  /** Values with the type of another key. Source: the vendor's user guide, keys of --node-spec. */
  for (const [spec, why] of [
    ['{"labels": 5}', /--node-spec: labels: /],
    ['{"labels": {"a b": "c"}}', /--node-spec: labels/],
    ['{"taints": [{"key": "a", "effect": "Never"}]}', /--node-spec: taints/],
    ['{"runtime": "cri-o"}', /--node-spec: runtime: /],
    ['{"enabledAddons": "flannel"}', /--node-spec: enabledAddons: /],
    ['{"manageRuntime": "yes"}', /--node-spec: manageRuntime: /],
    ['{"platform": "macOS"}', /--node-spec: platform: must be Linux or Windows/],
  ] as const) {
    it(`the line for a node is not made with a value that its join refuses: ${spec}`, () => {
      const mistakes: string[] = [];
      attachSpecOf(spec, 'linux', (mistake) => mistakes.push(mistake));
      assert.equal(mistakes.length, 1, mistakes.join());
      assert.match(mistakes.join(), why);
    });
  }

  it('the line for a node takes what the console writes, empty keys and null among it', () => {
    const console =
      '{"platform":"Linux","labels":null,"taints":null,"runtime":"","flannelIface":"","imageRepoType":"public","quiet":true}';
    assert.equal(attachSpecOf(console, 'linux', never).keys.platform, 'Linux');
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
