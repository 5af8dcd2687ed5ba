/**
 * Zip archives, which Windows opens by itself: the same input gives the same bytes. Programs that make them write more into them, such as
 * the user and the file system of the builder.
 * Source of the format: PKWARE, APPNOTE.TXT 6.3, chapter 4.3
 */
import { promisify } from 'node:util';
import { crc32, deflateRaw } from 'node:zlib';
import { BUILT_AT } from './same-everywhere.ts';

/** A file of an archive; its name is ASCII. */
export interface ZipEntry {
  readonly name: string;
  readonly data: Buffer;
}

const SIGNATURES = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 } as const;
/** Folders and deflate: the version of the format that has no more. */
const VERSION = 20;
const DEFLATED = 8;

export async function zipOf(entries: readonly ZipEntry[]): Promise<Buffer> {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data } of entries) {
    const packed: Buffer = await promisify<Buffer, { level: number }, Buffer>(deflateRaw)(data, { level: 9 });
    const facts = factsOf(name, data, packed);
    const file = Buffer.concat([uint32(SIGNATURES.local), facts, Buffer.from(name), packed]);
    directory.push(centralOf(name, facts, offset));
    files.push(file);
    offset += file.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([...files, central, endOf(entries.length, central.length, offset)]);
}

/** What the header of a file and its entry in the directory have in common. */
function factsOf(name: string, data: Buffer, packed: Buffer): Buffer {
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(VERSION, 0);
  facts.writeUInt16LE(DEFLATED, 4);
  facts.writeUInt16LE(BUILT_AT.getUTCHours() << 11, 6);
  facts.writeUInt16LE(
    ((BUILT_AT.getUTCFullYear() - 1980) << 9) | ((BUILT_AT.getUTCMonth() + 1) << 5) | BUILT_AT.getUTCDate(),
    8,
  );
  facts.writeUInt32LE(crc32(data), 10);
  facts.writeUInt32LE(packed.length, 14);
  facts.writeUInt32LE(data.length, 18);
  facts.writeUInt16LE(Buffer.byteLength(name), 22);
  return facts;
}

function centralOf(name: string, facts: Buffer, offset: number): Buffer {
  const made = Buffer.alloc(2);
  made.writeUInt16LE(VERSION);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([uint32(SIGNATURES.central), made, facts, rest, Buffer.from(name)]);
}

function endOf(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(SIGNATURES.end, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
