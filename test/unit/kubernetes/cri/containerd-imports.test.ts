import assert from 'node:assert/strict';
import { importedFiles } from '../../../../src/kubernetes/cri/containerd-imports.ts';
import { fakeHost } from '../../fake-host.ts';

const FOLDER = '/etc/containerd';
const filesNamed = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [`${FOLDER}/${name}`, 'version = 2\n']));
const THERE = filesNamed(
  'config.toml',
  'a/conf.toml',
  'b/conf.toml',
  'b/other.toml',
  '.hidden/conf.toml',
  'c/d/conf.toml',
);

/**
 * What containerd v2's resolveImports (cmd/containerd/server/config/config.go) and Go's filepath.Glob make of a pattern;
 * each row was compared with Go 1.19.
 */
const ROWS: readonly (readonly [pattern: string, files: readonly string[]])[] = [
  ['/etc/containerd/*/conf.toml', ['.hidden/conf.toml', 'a/conf.toml', 'b/conf.toml']],
  ['*/conf.toml', ['.hidden/conf.toml', 'a/conf.toml', 'b/conf.toml']],
  ['./x/../*/conf.toml', ['.hidden/conf.toml', 'a/conf.toml', 'b/conf.toml']],
  ['/etc/*/b/*.toml', ['b/conf.toml', 'b/other.toml']],
  ['[a-b]/*.toml', ['a/conf.toml', 'b/conf.toml', 'b/other.toml']],
  ['[^a.]/c*.toml', ['b/conf.toml']],
  ['\\a/*.toml', ['a/conf.toml']],
  ['?/?/*', ['c/d/conf.toml']],
  ['**/conf.toml', ['.hidden/conf.toml', 'a/conf.toml', 'b/conf.toml']],
  // Without a `*` it is the name of a file, which is not there.
  ['?/conf.toml', []],
  ['[ab]/conf.toml', []],
  ['[/*.toml', []],
  ['[b-a]/*.toml', []],
  ['a/conf.toml', ['a/conf.toml']],
  ['a/conf.toml/*', []],
];

describe('the files that a configuration of containerd imports', () => {
  for (const [pattern, files] of ROWS)
    it(`the files that containerd imports are found by ${pattern}`, async () => {
      const found = await importedFiles(fakeHost({ files: THERE }), `version = 2\nimports = ['${pattern}']\n`);
      assert.deepEqual(
        found,
        files.map((name) => `${FOLDER}/${name}`),
      );
    });

  it('imports that stand for more folders than anybody has on purpose are an error that names them, and not a walk of hours', async () => {
    const files = filesNamed(...Array.from({ length: 1100 }, (_, i) => `${i}/conf.toml`));
    await assert.rejects(importedFiles(fakeHost({ files }), 'version = 2\nimports = ["/etc/containerd/*/*.toml"]\n'), {
      code: 'RUNTIME_FAILED',
      message: /the imports of \/etc\/containerd\/config\.toml stand for more than 1000 folders/,
    });
  });
});
