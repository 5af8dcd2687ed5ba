import type { SourceLines } from '../source-lines.ts';
import { readPart } from './parts.ts';

let table: SourceLines | undefined;

/** Stacks, and with them the log, name our sources instead of lines of the bundle. */
export function showSources(): void {
  Error.prepareStackTrace = (error, frames) =>
    [String(error), ...frames.map((frame) => `    at ${inSources(String(frame))}`)].join('\n');
}

function inSources(frame: string): string {
  return frame.replace(/edgeadm-program\.js:(\d+):\d+/, (place, line: string) => {
    table ??= JSON.parse(readPart('program.lines')?.toString() ?? '{"files":[],"lines":[]}') as SourceLines;
    const found = table.lines[Number(line)];
    return found ? `${table.files[Math.floor(found / 10_000) - 1]}:${found % 10_000}` : place;
  });
}
