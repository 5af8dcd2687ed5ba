import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readYurthubProgram } from '../../../src/artifacts/yurthub-program.ts';
import { CHUNK_BYTES } from '../../../src/lib/chunks.ts';
import { sha256 } from './fixtures.ts';

const SET = Buffer.from('-X github.com/openyurtio/openyurt/pkg/projectinfo.gitVersion=v1.7.0-3f2a1bc" ');

describe('a program of yurthub', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-program-'));
  });
  after(() => rm(folder, { recursive: true }));

  const read = async (data: Buffer) => {
    const path = join(folder, 'yurthub');
    await writeFile(path, data);
    return readYurthubProgram(path, '--edge-hub-program');
  };

  it('tells its version without being run, wherever in the program it is', async () => {
    for (const at of [0, CHUNK_BYTES - 70, CHUNK_BYTES + 5]) {
      const data = Buffer.concat([Buffer.alloc(at), SET, Buffer.alloc(100)]);
      assert.deepEqual(await read(data), { sha256: sha256(data), version: 'v1.7.0-3f2a1bc' });
    }
  });

  it('a yurthub program has no version if its build did not set one, and one that is not there is named with its flag', async () => {
    assert.equal((await read(Buffer.from('program'))).version, undefined);
    await assert.rejects(readYurthubProgram(join(folder, 'none'), '--edge-hub-program'), {
      code: 'USAGE',
      what: /^--edge-hub-program: cannot read/,
    });
  });
});
