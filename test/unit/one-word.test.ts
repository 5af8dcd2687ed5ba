import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';

const DECLARATION = /^export (?:declare |abstract |async )*(?:const|let|function\*?|class|interface|type) (\w+)/gm;

describe('names of the code', () => {
  it('an exported name stands for one idea: no two files declare the same one', () => {
    const root = new URL('../../', import.meta.url);
    const filesByName = new Map<string, string[]>();
    for (const file of globSync(['src/**/*.ts', 'sandbox/**/*.ts'], { cwd: root }).sort()) {
      const names = readFileSync(new URL(file, root), 'utf8').matchAll(DECLARATION);
      for (const name of new Set([...names].map(([, each = '']) => each)))
        filesByName.set(name, [...(filesByName.get(name) ?? []), file]);
    }
    assert.deepEqual(
      [...filesByName].filter(([, files]) => files.length > 1).map(([name, files]) => `${name}: ${files.join(', ')}`),
      [],
    );
  });
});
