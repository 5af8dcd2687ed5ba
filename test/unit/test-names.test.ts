import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TESTS = fileURLToPath(new URL('..', import.meta.url));
const NAME = /\bit\(\s*(['"`])(.*?)\1\s*,/g;
/** A name that begins so has its subject in another line of the log. */
const NO_SUBJECT =
  /^(is|are|was|were|has|have|can|cannot|may|come|comes|it|its|they|their|and|nor|of|with|that|as|on|in|by) /i;
const FEWEST_WORDS = 4;

describe('the names of tests', () => {
  it('the name of each test can be understood alone, in a log that shows nothing else', () => {
    const refused: string[] = [];
    for (const file of globSync('**/*.test.ts', { cwd: TESTS })) {
      for (const [, , name = ''] of readFileSync(`${TESTS}/${file}`, 'utf8').matchAll(NAME))
        if (NO_SUBJECT.test(name) || name.split(' ').length < FEWEST_WORDS) refused.push(`${file}: ${name}`);
    }
    assert.deepEqual(refused, [], 'say what the test is about: "a wait that runs out of time says …"');
  });
});
