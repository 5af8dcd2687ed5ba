import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const BLOCK_BYTES = 512;

/** A text file of an archive; `path` is relative. */
export interface ArchiveFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Packs files into a .tgz. Text beyond the limit is left out, and the file says so.
 * @param limitBytes of all texts together, before they are packed
 */
export async function packTgz(files: readonly ArchiveFile[], limitBytes: number): Promise<Buffer> {
  const { Header, Pax } = await import('tar');
  const mtime = new Date();
  const blocks: Buffer[] = [];
  let left = limitBytes;
  for (const file of files) {
    const whole = Buffer.from(file.text);
    const body = whole.length <= left ? whole : Buffer.from('left out: the archive has reached its size limit\n');
    left -= whole.length <= left ? whole.length : 0;
    const header = Buffer.alloc(BLOCK_BYTES);
    const fields = { path: file.path, mode: 0o600, uid: 0, gid: 0, size: body.length, mtime, type: 'File' } as const;
    // Names of pods and containers make paths that a plain header has no room for.
    if (new Header(fields).encode(header)) blocks.push(new Pax({ path: file.path }).encode());
    blocks.push(header, body, Buffer.alloc((BLOCK_BYTES - (body.length % BLOCK_BYTES)) % BLOCK_BYTES));
  }
  blocks.push(Buffer.alloc(2 * BLOCK_BYTES));
  return promisify(gzip)(Buffer.concat(blocks));
}
