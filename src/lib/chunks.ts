/** Good for copying and summing up: larger chunks are not faster. Bytes. */
export const CHUNK_BYTES = 256 * 1024;

/**
 * The chunks of a stream; the memory of each is given back when the next is asked for. Left to the garbage collector,
 * the chunks of a kubelet are 60 MiB before it takes notice.
 *
 * Only for whoever is done with a chunk when it asks for the next: it may not keep one, nor pass it on to a stream.
 */
export async function* released(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    yield chunk;
    const { buffer, byteLength } = chunk;
    // Small chunks share their memory with others.
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
  }
}
