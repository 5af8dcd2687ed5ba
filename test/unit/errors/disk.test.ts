import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { toEdgeadmError } from '../../../src/errors/index.ts';

describe('an error of the file system that no code of ours expected', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['ENOSPC', 'NO_SPACE'],
    ['EDQUOT', 'NO_SPACE'],
    ['EROFS', 'WRITE_FAILED'],
    ['EIO', 'WRITE_FAILED'],
    ['ERR_ASSERTION', 'INTERNAL'],
  ];
  for (const [code, expected] of rows)
    it(`an error with ${code} that nothing else caught is ${expected}`, () => {
      const error = toEdgeadmError(Object.assign(new Error(`${code}: write`), { code }));
      assert.deepEqual([error.code, error.why], [expected, `${code}: write`]);
    });

  it('a database that is full is NO_SPACE, and one that refuses a statement is a bug of ours', () => {
    const database = new DatabaseSync(':memory:');
    const failure = (statement: string): string => {
      try {
        database.exec(statement);
      } catch (error) {
        return toEdgeadmError(error).code;
      }
      return 'none';
    };
    database.exec('PRAGMA max_page_count = 3; CREATE TABLE t (x)');
    assert.equal(failure('INSERT INTO t VALUES (zeroblob(1000000))'), 'NO_SPACE');
    assert.equal(failure('SELECT nothing FROM nowhere'), 'INTERNAL');
    database.close();
  });
});
