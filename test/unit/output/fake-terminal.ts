import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** A stream that keeps what is written to it; with columns it is a terminal. */
export class FakeStream extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  readonly rows = 24;

  constructor(columns?: number) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.isTTY = columns !== undefined;
  }

  override _write(chunk: string | Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.text += chunk.toString();
    done();
  }

  /** Waits until a text is there. */
  async shows(text: string): Promise<void> {
    for (let look = 0; look < 400 && !this.text.includes(text); look++) await delay(10);
    assert.ok(this.text.includes(text), JSON.stringify(this.text));
  }

  get lines(): string[] {
    return this.text.split('\n').filter((line) => line !== '');
  }
}

/** What {@link createOutput} takes as a stream of the process. */
export function asWriteStream(stream: Writable): NodeJS.WriteStream {
  return stream as unknown as NodeJS.WriteStream;
}
