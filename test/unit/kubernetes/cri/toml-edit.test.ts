import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse } from 'smol-toml';
import { fitContainerdConfig } from '../../../../src/kubernetes/cri/containerd-config.ts';
import { editToml } from '../../../../src/kubernetes/cri/toml-edit.ts';

const CRI = '"io.containerd.grpc.v1.cri"';
const NEEDS = { sandboxImage: 'registry/pause:3.9' };

/** Ways to write the same, by the specification of TOML 1.0 (toml.io: Keys, Table, Inline Table); line by line what becomes of it. */
const ROWS: readonly { readonly what: string; readonly text: string; readonly becomes: RegExp }[] = [
  {
    what: 'dotted keys at the root',
    text: `version = 2 # of 2021
plugins.${CRI}.sandbox_image = "pause:3.2" # ours
plugins.${CRI}.containerd.runtimes.runc.options.SystemdCgroup = false # old
`,
    becomes:
      /sandbox_image = "registry\/pause:3\.9" # ours\n.*runc\.options\.SystemdCgroup = true # old\n.*runc\.runtime_type = "io/,
  },
  {
    what: 'dotted keys below the header of the plug-in',
    text: `version = 2
[plugins.${CRI}] # the CRI
  # as the vendor wants it
  containerd.runtimes.runc.options.SystemdCgroup = false
[debug]
  level = "info" # for now
`,
    becomes:
      /# the CRI\n {2}sandbox_image = .*\n {2}# as the vendor wants it\n.*SystemdCgroup = true\n {2}containerd\.runtimes\.runc\.runtime_type = .*\n\[debug\]\n {2}level = "info" # for now/,
  },
  {
    what: 'inline tables',
    text: `version = 2
# one line for all
plugins = { ${CRI} = { sandbox_image = "a:1", containerd = { runtimes = { runc = { options = {} } } } } } # end
`,
    becomes:
      /# one line for all\nplugins = .* options = \{ SystemdCgroup = true \}, runtime_type = "io\.containerd\.runc\.v2" .* # end\n/,
  },
  {
    what: 'an inline table below a header',
    text: `version = 2
[plugins.${CRI}.containerd.runtimes]
  # nothing else runs here
  runc = { runtime_type = "io.containerd.runc.v2", options = { SystemdCgroup = false } } # one line
`,
    becomes:
      /# nothing else runs here\n {2}runc = \{ runtime_type = "io\.containerd\.runc\.v2", options = \{ SystemdCgroup = true \} \} # one line\n/,
  },
  {
    what: 'quoted keys and literal strings',
    text: `'version' = 2
[ plugins . 'io.containerd.grpc.v1.cri' ] # blanks
  "sandbox_image" = 'pause:3.2' # quoted
`,
    becomes: /# blanks\n {2}"sandbox_image" = "registry\/pause:3\.9" # quoted\n/,
  },
  {
    what: 'what looks like a header or a key within texts and lists',
    text: `version = 2
note = """
[plugins.${CRI}]
  sandbox_image = "no"
"""
imports = [
  # all of them
  "/etc/containerd/conf.d/*.toml", # [plugins]
]
[plugins.${CRI}]
  # the image
  sandbox_image = "pause:3.2"
`,
    becomes: /"no"\n"""[\s\S]*# \[plugins\]\n\][\s\S]*# the image\n {2}sandbox_image = "registry\/pause:3\.9"\n/,
  },
  {
    what: 'a plug-in that is off under a quoted key',
    text: `# Docker's
'disabled_plugins' = ["cri"] # no need
version = 2
`,
    becomes: /# Docker's\n'disabled_plugins' = \[\] # no need\n/,
  },
  {
    what: 'tables in a list beside it',
    text: `version = 2
[[stream_processors.x]]
  sandbox_image = "no" # of the list
[plugins.${CRI}]
  sandbox_image = "pause:3.2" # of the plug-in
`,
    becomes: /"no" # of the list\n[\s\S]*"registry\/pause:3\.9" # of the plug-in/,
  },
];

type Table = { [key: string]: unknown };

function tableAt(root: Table, path: readonly string[]): Table {
  let table = root;
  for (const name of path) {
    table[name] ??= {};
    table = table[name] as Table;
  }
  return table;
}

const commentsOf = (text: string): string[] => text.match(/# [a-z].*/g) ?? [];

describe("the edit of containerd's configuration", () => {
  for (const { what, text, becomes } of ROWS)
    it(`containerd's configuration keeps its comments and its form: ${what}`, () => {
      const edited = fitContainerdConfig(text, NEEDS) ?? assert.fail();
      assert.match(edited, becomes);
      assert.deepEqual(commentsOf(edited), commentsOf(text));
      assert.equal(fitContainerdConfig(edited, NEEDS), undefined);
    });

  it("an edit of containerd's configuration changes nothing but the value, however the file is written", () => {
    const word = fc.constantFrom('a', 'b', 'c.d', 'e f');
    const path = fc.array(word, { minLength: 1, maxLength: 3 });
    const style = fc.constantFrom('header', 'dotted', 'inline');
    fc.assert(
      fc.property(path, path, fc.constantFrom('new', 'n w'), style, (table, other, key, way) => {
        const written = (at: readonly string[], value: string): string => {
          const names = at.map((name) => JSON.stringify(name));
          if (way === 'header') return `[${names.join('.')}] # h\n  k = ${value} # v\n`;
          if (way === 'dotted') return `${names.join('.')}.k = ${value} # v\n`;
          return `${names.reduceRight((inner, name) => (inner ? `{ ${name} = ${inner} }` : `{ ${name} = { k = ${value} } }`), '').slice(2, -2)} # v\n`;
        };
        const text = written(other, '"one"');
        for (const at of [table, [...other, ...table], other]) {
          const expected = JSON.parse(JSON.stringify(parse(text))) as Table;
          tableAt(expected, at)[key] = 'new';
          const edited = editToml(text, { table: at, key, value: 'new' });
          assert.deepEqual(JSON.parse(JSON.stringify(parse(edited))), expected);
        }
        const inPlace = editToml(text, { table: other, key: 'k', value: 'new' });
        assert.equal(inPlace, text.replace('"one"', '"new"'));
      }),
    );
  });
});
