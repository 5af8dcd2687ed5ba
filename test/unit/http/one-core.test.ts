import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';

const SRC = new URL('../../../src/', import.meta.url);
/** Types are fine anywhere. */
const HTTP_LIBRARY = /^import (?!type )[^;]*? from '(?:(?:node:)?https?|undici|axios|got|node-fetch|ky)';|\bfetch\(/m;

describe('the one HTTP core', () => {
  it('every HTTP request of edgeadm passes the limits of src/http: no other folder has a way to send one', () => {
    const files = globSync('**/*.ts', { cwd: SRC });
    const senders = files.filter((file) => HTTP_LIBRARY.test(readFileSync(new URL(file, SRC), 'utf8')));
    assert.deepEqual(senders.sort(), ['http/agents.ts', 'http/proxy.ts', 'http/request.ts']);
  });
});
