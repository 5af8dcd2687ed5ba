import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const path = join(import.meta.dirname, '../../docs/performance.md');

export const say = (line: string) => process.stderr.write(`[bench] ${line}\n`);

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Seconds by top-level phase, from the events that a command prints with `-o json`. */
export function phasesOf(printed: string): Map<string, number> {
  const phases = new Map<string, number>();
  for (const line of printed.split('\n').filter((text) => text.startsWith('{'))) {
    const event = JSON.parse(line) as { type: string; phase: string; durationMs: number };
    if (event.type === 'phase-end' && !event.phase.includes('/')) phases.set(event.phase, event.durationMs / 1000);
  }
  return phases;
}

/** Shows figures, and puts them between their marks in docs/performance.md; the text around them is written by hand. */
export async function writeFigures(mark: string, figures: string): Promise<void> {
  process.stdout.write(`${figures}\n`);
  const text = await readFile(path, 'utf8');
  const [before, rest] = split(text, `<!-- ${mark} -->`);
  const [, after] = split(rest, `<!-- /${mark} -->`);
  await writeFile(path, `${before}<!-- ${mark} -->\n${figures}\n<!-- /${mark} -->${after}`);
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`${path} has no ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
