import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const WORLDS = ['guide', 'today'] as const;

interface Cell {
  readonly world: (typeof WORLDS)[number];
  readonly test: string;
  /** What CI does not run. */
  readonly asterisk: boolean;
}

/** What the table of worlds names; a cell that begins with a dash claims nothing. */
function cells(): Cell[] {
  const [, table = ''] = read('docs/verified.md').split('## With real clusters and nodes');
  const rows = (table.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).flatMap((row) => {
    const [, ...worlds] = row.slice(2).split(' | ');
    return WORLDS.flatMap((world, i) => {
      const cell = worlds[i] ?? '';
      if (cell.startsWith('–')) return [];
      return [...cell.matchAll(/`((?:vm\/)?[\w-]+)`(\*?)/g)].map(([, test = '', mark]) => ({
        world,
        test,
        asterisk: mark === '*',
      }));
    });
  });
}

/** Those without a folder are of test/e2e. */
const pathOf = (test: string): string => `test/${test.includes('/') ? test : `e2e/${test}`}.test.ts`;

/** The files that a part of `npm test` names, each with its world; the parts after MORE_PARTS take hours. */
function parts(text: string): string[] {
  return [...text.matchAll(/\{\s*name: [^}]*?files: \[([^\]]*)\]([^}]*)\}/g)].flatMap(([, files = '', more = '']) => {
    const [, folder = 'e2e'] = /folder: '(\w+)'/.exec(more) ?? [];
    if (folder === 'winbed') return [];
    const prefix = folder === 'e2e' ? '' : `${folder}/`;
    const world = /world: 'today'/.test(more) ? 'today' : 'guide';
    return [...files.matchAll(/'([\w-]+)'/g)].map(([, file]) => `${prefix}${file} ${world}`);
  });
}

describe('the table of what is verified', () => {
  it('each cell names an end-to-end test that exists and runs in that world', () => {
    const wrong = cells().filter(({ test, world }) => {
      const path = pathOf(test);
      if (!existsSync(new URL(`../../${path}`, import.meta.url))) return true;
      const [, worlds = "'guide', 'today'"] = /inWorlds\(([^)]*)\)/.exec(read(path)) ?? [];
      return !worlds.includes(`'${world}'`);
    });
    assert.ok(cells().length > 30);
    assert.deepEqual(wrong, []);
  });

  it('what CI does not run has an asterisk in the table, and nothing else has one', () => {
    const [ci = '', more = ''] = read('scripts/test.mjs').split('const MORE_PARTS');
    const [inCi, inMore] = [parts(ci), parts(more)];
    assert.ok(inCi.length > 15 && inMore.length > 5);
    const wrong = cells().filter(({ test, world, asterisk }) => asterisk === inCi.includes(`${test} ${world}`));
    assert.deepEqual(wrong, []);
  });
});
