const BLOCK_BYTES = 64 * 1024;

/**
 * What a program printed. Chunks are copied together: a program that prints single bytes would otherwise cost a buffer
 * for each of them.
 */
export class OutputBuffer {
  readonly #blocks: Buffer[] = [];
  #free = Buffer.alloc(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(chunk: Buffer): void {
    this.#size += chunk.length;
    for (let rest = chunk; rest.length > 0; ) {
      if (this.#free.length === 0) this.#grow();
      const copied = rest.copy(this.#free);
      this.#free = this.#free.subarray(copied);
      rest = rest.subarray(copied);
    }
  }

  bytes(): Buffer {
    return Buffer.concat(this.#blocks, this.#size);
  }

  /** Most programs print a line or two. */
  #grow(): void {
    const block = Buffer.alloc(this.#blocks.length === 0 ? 1024 : BLOCK_BYTES);
    this.#blocks.push(block);
    this.#free = block;
  }
}

/** The end of what a program printed: at least the last `keptBytes`, at most twice that. */
export class OutputTail {
  readonly #keptBytes: number;
  #older = new OutputBuffer();
  #newer = new OutputBuffer();
  #total = 0;

  constructor(keptBytes: number) {
    this.#keptBytes = keptBytes;
  }

  /** Bytes printed in all. */
  get total(): number {
    return this.#total;
  }

  add(chunk: Buffer): void {
    this.#total += chunk.length;
    if (this.#newer.size + chunk.length > this.#keptBytes) {
      this.#older = this.#newer;
      this.#newer = new OutputBuffer();
    }
    this.#newer.add(chunk.length > this.#keptBytes ? chunk.subarray(-this.#keptBytes) : chunk);
  }

  text(): string {
    return Buffer.concat([this.#older.bytes(), this.#newer.bytes()]).toString('utf8');
  }
}
