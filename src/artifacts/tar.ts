import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import type { Parser, ReadEntry } from 'tar';
import { EdgeadmError } from '../errors/index.ts';
import { pathError } from '../host/failures.ts';
import { fileChunks, released } from '../lib/chunks.ts';
import { formatBytes } from '../lib/format-bytes.ts';
import { MAX_ARCHIVE_BYTES, MAX_ARCHIVE_ENTRIES } from './limits.ts';
import { throwIfInterrupted } from './save.ts';

const GZIP_MAGIC = 0x1f8b;
const BLOCK_BYTES = 512;
const UNZIPPED_CHUNK_BYTES = 64 * 1024;

/** One entry of an archive, as its header has it: nothing of it is to be believed. */
export interface TarEntry {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link' | 'other';
  /** What the type is called, for messages. */
  readonly typeName: string;
  readonly mode: number;
  readonly size: number;
  /** The bytes, a chunk valid until the next is requested; what is not read before the next entry is skipped. */
  readonly body: AsyncIterable<Buffer>;
}

export interface TarOptions {
  /** What messages call it; default: its path. */
  readonly name?: string;
  readonly signal?: AbortSignal;
  /** Unpacked; default: {@link MAX_ARCHIVE_BYTES}. */
  readonly maxBytes?: number;
  /** Called with the number of bytes of the archive file that were read. */
  readonly onProgress?: (done: number) => void;
  /** Called once the whole archive file was read, with its SHA-256. Never, if the reader stopped before. */
  readonly onSum?: (sha256: string) => void;
}

/** True if the file begins like gzip. @throws EdgeadmError WRITE_FAILED if it cannot be read */
export async function isGzip(path: string): Promise<boolean> {
  try {
    const file = await open(path);
    try {
      const head = Buffer.alloc(2);
      return (await file.read(head, 0, 2, 0)).bytesRead === 2 && head.readUInt16BE(0) === GZIP_MAGIC;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw pathError(path, error);
  }
}

/**
 * Walks through a .tar or .tgz and writes nothing. The archive is read once, a chunk at a time, however much it
 * unpacks to; unpacking ends at `maxBytes`.
 *
 * Headers are parsed by the library tar. The reading around it is ours, because neither tar nor tar-stream limits what
 * an archive unpacks to, hashes the packed file on the way, or releases a chunk before the next one is read.
 * @throws EdgeadmError BUNDLE_INVALID if it is not an archive, is cut off or exceeds the limit
 */
export async function* readTar(path: string, options: TarOptions = {}): AsyncGenerator<TarEntry> {
  const { Parser } = await import('tar');
  const blocks = wholeBlocks(unpackedBytes(path, options));
  yield* new TarReader(
    options.name ?? path,
    new Parser({ strict: true, zstd: false, brotli: false }),
    blocks,
  ).entries();
}

/** The bytes of the tar inside; a chunk is valid until the next is requested. */
async function* unpackedBytes(path: string, options: TarOptions): AsyncGenerator<Buffer> {
  const packed = packedBytes(path, options);
  const chunks = (await isGzip(path)) ? unzipped(packed) : packed;
  const { name = path, maxBytes = MAX_ARCHIVE_BYTES } = options;
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw broken(name, `it unpacks to more than ${formatBytes(maxBytes)}`);
    yield chunk;
  }
}

/** Hands each chunk over when the one before it is used up: zlib is done with a chunk when its write returns. */
async function* unzipped(packed: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: UNZIPPED_CHUNK_BYTES });
  const write = promisify((chunk: Buffer, done: (error?: Error | null) => void) => gunzip.write(chunk, done));
  const feed = async (): Promise<void> => {
    for await (const chunk of packed) await write(chunk);
    gunzip.end();
  };
  feed().catch((error: Error) => gunzip.destroy(error));
  try {
    // zlib begins a new buffer when one is full.
    yield* released(gunzip);
  } finally {
    await packed.return(undefined);
  }
}

async function* packedBytes(path: string, { signal, onProgress, onSum }: TarOptions): AsyncGenerator<Buffer> {
  const hash = onSum && createHash('sha256');
  let done = 0;
  for await (const chunk of fileChunks(path)) {
    throwIfInterrupted(signal);
    hash?.update(chunk);
    done += chunk.length;
    onProgress?.(done);
    yield chunk;
  }
  if (hash) onSum?.(hash.digest('hex'));
}

/** Of anything but whole blocks the parser would keep the rest, whose memory is used again. */
async function* wholeBlocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const missing = rest.length === 0 ? 0 : Math.min(BLOCK_BYTES - rest.length, chunk.length);
    if (missing > 0) rest = Buffer.concat([rest, chunk.subarray(0, missing)]);
    if (rest.length > 0 && rest.length < BLOCK_BYTES) continue;
    if (rest.length > 0) yield rest;
    const end = chunk.length - ((chunk.length - missing) % BLOCK_BYTES);
    if (end > missing) yield chunk.subarray(missing, end);
    rest = Buffer.from(chunk.subarray(end));
  }
  if (rest.length > 0) yield rest;
}

type Event = { readonly entry: ReadEntry } | { readonly data: Buffer };

/**
 * Turns the parser's events into entries that callers pull. The parser is fed one chunk at a time and never holds
 * more than what one chunk brought.
 */
class TarReader {
  readonly #name: string;
  readonly #parser: Parser;
  readonly #source: AsyncGenerator<Buffer>;
  #queue: Event[] = [];
  #entries = 0;
  #fault: Error | undefined;
  #eof = false;
  #ended = false;

  constructor(name: string, parser: Parser, source: AsyncGenerator<Buffer>) {
    this.#name = name;
    this.#parser = parser;
    this.#source = source;
    parser.on('entry', (entry) => this.#begin(entry));
    parser.on('ignoredEntry', (entry) => this.#fail(`${entry.path} is of an unknown type or its header is too large`));
    parser.on('error', (error) => this.#fail((error as Error).message));
    parser.on('eof', () => {
      this.#eof = true;
    });
  }

  async *entries(): AsyncGenerator<TarEntry> {
    try {
      for (;;) {
        const event = await this.#next();
        if (!event) return;
        if ('entry' in event) yield { ...describeEntry(event.entry), body: this.#body() };
      }
    } finally {
      await this.#source.return(undefined);
    }
  }

  async *#body(): AsyncGenerator<Buffer> {
    for (;;) {
      await this.#fill();
      const event = this.#queue[0];
      if (!event || 'entry' in event) return;
      this.#queue.shift();
      yield event.data;
    }
  }

  async #next(): Promise<Event | undefined> {
    await this.#fill();
    return this.#queue.shift();
  }

  /** Feeds the parser until it has produced something or the archive ends. */
  async #fill(): Promise<void> {
    while (this.#queue.length === 0 && !this.#ended) {
      const { value, done } = await this.#source.next().catch((error: unknown) => {
        throw error instanceof EdgeadmError ? error : this.#readError(error);
      });
      if (done) {
        this.#ended = true;
        if (!this.#eof) this.#parser.end();
      } else this.#feed(value);
      if (this.#fault) throw this.#fault;
    }
  }

  #feed(blocks: Buffer): void {
    // After the end mark the parser would only pile up what follows.
    if (this.#eof) return;
    const zipped = this.#entries === 0 && blocks.length > 1 && blocks.readUInt16BE(0) === GZIP_MAGIC;
    if (zipped) this.#fail('it is compressed twice');
    else this.#parser.write(blocks);
  }

  #begin(entry: ReadEntry): void {
    this.#entries++;
    if (this.#entries > MAX_ARCHIVE_ENTRIES) this.#fail(`it has more than ${MAX_ARCHIVE_ENTRIES} entries`);
    this.#queue.push({ entry });
    entry.on('data', (data) => this.#queue.push({ data }));
  }

  #fail(why: string): void {
    this.#fault ??= broken(this.#name, why);
  }

  #readError(error: unknown): EdgeadmError {
    const { code = '', message } = error as Error & { code?: string };
    return code.startsWith('Z_') || code === 'ERR_STREAM_PREMATURE_CLOSE'
      ? broken(this.#name, message)
      : pathError(this.#name, error);
  }
}

/** All bytes of an entry, for small ones: its size must have been looked at. */
export async function readBody({ body }: TarEntry): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const TYPES: Readonly<Record<string, TarEntry['type']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'directory',
  SymbolicLink: 'link',
  Link: 'link',
};

function describeEntry(entry: ReadEntry): Omit<TarEntry, 'body'> {
  const typeName = entry.type.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return { path: entry.path, type: TYPES[entry.type] ?? 'other', typeName, mode: entry.mode ?? 0, size: entry.size };
}

function broken(name: string, why: string): EdgeadmError {
  return new EdgeadmError({ code: 'BUNDLE_INVALID', what: `${name} is not a usable archive`, why });
}
