import assert from 'node:assert/strict';
import { parse } from 'smol-toml';
import { fitContainerdConfig } from '../../../../src/kubernetes/cri/containerd-config.ts';
import { editArray } from '../../../../src/kubernetes/cri/toml-array.ts';

const ROWS: Readonly<Record<string, readonly [before: string, after: string]>> = {
  'the only one': ['x = ["cri"]', 'x = []'],
  'the first': ['x = ["cri", "zfs"]', 'x = ["zfs"]'],
  'the last': ['x = ["zfs", "cri"]', 'x = ["zfs"]'],
  'one in the middle': ["x = ['a', 'cri', 'b']", "x = ['a', 'b']"],
  twice: ['x = ["cri","cri"]', 'x = []'],
  'on a line of its own': ['x = [\n  "cri",\n  "zfs", # no zfs here\n]', 'x = [\n  "zfs", # no zfs here\n]'],
  'the last of several lines': ['x = [\n  "zfs",\n  "cri"\n]', 'x = [\n  "zfs",\n]'],
  'a comment behind it': [
    'x = [\n  "cri", # as Docker has it\n  "zfs",\n]',
    'x = [\n  # as Docker has it\n  "zfs",\n]',
  ],
  'comments with brackets and quotes': [
    'x = [ # why: see ["cri"]\n  "cri",\n  # it\'s slow\n  "zfs" ]\ny = ["cri"]',
    'x = [ # why: see ["cri"]\n  # it\'s slow\n  "zfs" ]\ny = ["cri"]',
  ],
  'an empty array': ['x = [ ]', 'x = [ ]'],
  'another key': ['xx = ["cri"]', 'xx = ["cri"]'],
};

describe('the strings of an array in TOML', () => {
  for (const [what, [before, after]] of Object.entries(ROWS))
    it(`the strings of an array in TOML: takes a string out and keeps the comments: ${what}`, () => {
      const edited = editArray(before, 'x', (value) => (value === 'cri' ? undefined : value));
      assert.equal(edited, after);
      parse(edited);
    });

  it('the strings of an array in TOML: a containerd configuration keeps the comments in a list and behind values', () => {
    const text = `# ours
version = 2
disabled_plugins = [
  "cri", # Docker needs none
  # btrfs and zfs are not here
  "btrfs",
]
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    SystemdCgroup = false # ticket 4711
`;
    const fitted = fitContainerdConfig(text, {}) ?? '';
    for (const comment of ['# ours', '# Docker needs none', '# btrfs and zfs are not here', '# ticket 4711'])
      assert.ok(fitted.includes(comment), comment);
    assert.deepEqual(parse(fitted).disabled_plugins, ['io.containerd.snapshotter.v1.btrfs']);
    assert.match(fitted, /SystemdCgroup = true # ticket 4711/);
  });
});
