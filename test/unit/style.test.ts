import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/** Words that a native reader stumbles over, with what to say instead; see docs/style.md. */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\bnobody\b/i, 'name who, or say what is missing'],
  [/\banew\b/i, 'again'],
  [/\bmend\b/i, 'fix'],
  [/\bin vain\b/i, 'timed out waiting for'],
  [/\bwhoever\b/i, 'name who'],
  [/\b(?:is|are) told\b/i, 'is reported'],
  [/\bwhat is had\b/i, 'say what was collected'],
  [/\bfault of its own\b/i, 'internal error'],
  [/\bhow long it is good\b/i, 'lifetime'],
  [/\bgoes on\b/i, 'continues'],
  [/\btake back\b/i, 'roll back'],
  [/\bbelieve any CA\b/i, 'skip CA verification (insecure)'],
  [/\bin between can\b/i, 'a man in the middle'],
  [/\bknows no\b/i, 'not found, unknown'],
  [/\blets nobody\b/i, 'rejected'],
  [/\bsay so\b/i, 'report'],
  [/\bas it stands\b/i, 'as printed'],
  [/\bof no\b/i, 'none'],
  [/\bpull the plug\b/i, 'force power-off'],
  [/\bmay be run again\b/i, 'is idempotent'],
  [/\bcame? about\b/i, 'timed out waiting for'],
];

describe('style', () => {
  for (const file of ['oclif.manifest.json', 'src/errors/codes.ts'])
    it(`${file} says nothing that docs/style.md bans`, () => {
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      const found = BANNED.flatMap(([word, better]) => {
        const match = new RegExp(`.{0,40}(?:${word.source}).{0,40}`, word.flags).exec(text);
        return match ? [`"${match[0]}": say "${better}"`] : [];
      });
      assert.deepEqual(found, []);
    });
});
