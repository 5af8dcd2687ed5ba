import { type FileHandle, open } from 'node:fs/promises';

/** Good for copying and summing up: larger chunks are not faster. Bytes. */
export const CHUNK_BYTES = 256 * 1024;

/**
 * The bytes of a file through one buffer: each chunk is valid until the next is requested, however large the file is.
 * With a stream there is a new buffer for each chunk, and those of a kubelet are 60 MiB before the garbage collector
 * takes notice.
 *
 * Only for callers that are done with a chunk when they ask for the next: do not keep one or pass it to a stream.
 */
export async function* fileChunks(
  path: string,
  openFile: (path: string) => Promise<FileHandle> = open,
): AsyncGenerator<Buffer> {
  const file = await openFile(path);
  try {
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/**
 * The chunks of a stream of our own; the memory of each is given back when the next is requested. Left to the garbage
 * collector, they are 60 MiB before it takes notice. Only for streams whose every full buffer is one chunk, shared
 * with no other code, and for callers as of {@link fileChunks}.
 */
export async function* released(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    yield chunk;
    const { buffer, byteLength } = chunk;
    // Small chunks share their memory with others.
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
  }
}
