import assert from 'node:assert/strict';
import { writeAll } from '../../../src/artifacts/write-all.ts';

/** A file that takes at most so many bytes at a time, and none beyond its room. */
function file(atOnce: number, room = Number.POSITIVE_INFINITY) {
  const content: number[] = [];
  const write = async (bytes: Buffer, offset: number, length: number, position: number) => {
    const bytesWritten = Math.min(length, atOnce, room - position);
    for (let each = 0; each < bytesWritten; each++) content[position + each] = bytes[offset + each] ?? 0;
    return { bytesWritten, buffer: bytes };
  };
  return { content, handle: { write } as Parameters<typeof writeAll>[0] };
}

describe('writing to a file that takes only some of the bytes', () => {
  for (const atOnce of [1, 3, 5, 100]) {
    it(`writes all of them, ${atOnce} at a time`, async () => {
      const { content, handle } = file(atOnce);
      await writeAll(handle, Buffer.from('hello '), 0);
      await writeAll(handle, Buffer.from('world'), 6);
      assert.equal(Buffer.from(content).toString(), 'hello world');
    });
  }

  it('fails as a full disk does when no byte is taken any more', async () => {
    const { handle } = file(3, 4);
    await assert.rejects(writeAll(handle, Buffer.from('hello'), 0), { code: 'ENOSPC' });
  });
});
