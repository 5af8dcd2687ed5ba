/** Which line of which source a line of the bundle comes from: for the log, whose lines say where they were sent. */

interface SourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
}

export interface SourceLines {
  readonly files: readonly string[];
  /** For each line of the bundle, from 1: 0, or 10 000 times the number of the file (from 1) plus the line in it. */
  readonly lines: readonly number[];
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** @param map a source map of version 3 (ECMA-426); the first segment of each line counts, and our own sources alone */
export function sourceLines({ sources, mappings }: SourceMap): SourceLines {
  const files: string[] = [];
  const numbers = new Map<number, number>();
  const lines: number[] = [0];
  let [source, line] = [0, 0];
  for (const text of mappings.split(';')) {
    let first: [number, number] | undefined;
    for (const segment of text.split(',')) {
      const [, bySource = 0, byLine = 0] = decode(segment);
      source += bySource;
      line += byLine;
      if (segment.length > 1) first ??= [source, line];
    }
    const name = first ? /(?:^|\/)(src\/.*)$/.exec(sources[first[0]] ?? '')?.[1] : undefined;
    if (!first || !name || /node_modules/.test(sources[first[0]] ?? '')) {
      lines.push(0);
      continue;
    }
    const number = numbers.get(first[0]) ?? files.push(name);
    numbers.set(first[0], number);
    lines.push(number * 10_000 + first[1] + 1);
  }
  return { files, lines };
}

/** Numbers of a segment, base 64 VLQ. */
function decode(segment: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const letter of segment) {
    const digit = BASE64.indexOf(letter);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}
