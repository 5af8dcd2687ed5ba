import type { CollectedFile } from '../../phases/diagnose/collector.ts';

/** The end of a log of the node. */
export interface Excerpt {
  readonly title: string;
  /** Where all of it is in the archive. */
  readonly path: string;
  readonly text: string;
}

const LINES = 30;
const LINE_CHARACTERS = 1000;

const LOGS: readonly (readonly [string, RegExp])[] = [
  ['Events of the cluster', /^cluster\/events\.txt$/],
  ['kubelet', /^journals\/kubelet\.txt$/],
  ['Container runtime', /^journals\/(containerd|docker)\.txt$/],
  ['edge-hub', /^journals\/yurthub\.txt$/],
  ['edge-hub', /^cri\/logs\/kube-system_(edge-hub|yurt-?hub)[^/]*\/[^/]+\/[^/]+\.log$/],
  ['Kernel', /^journals\/kernel\.txt$/],
  ['edgeadm', /^edgeadm\/(?:join-)?log\.txt$/],
];

/** What of the archive's logs a page shows, so that it can be read alone. */
export function excerptsOf(files: readonly CollectedFile[]): Excerpt[] {
  return LOGS.flatMap(([title, pattern]) =>
    files.filter(({ path }) => pattern.test(path)).map(({ path, text }) => ({ title, path, text: lastLines(text) })),
  ).filter(({ text }) => text !== '');
}

/** The command line that printed it, what journalctl says of a unit that never ran, and empty lines. */
const NOISE = /^\$ |^-- (No entries|Logs begin)|^\s*$/;
/** The stacks of all goroutines, which follow the last message of a Go program. */
const STACK = /\.go:\d+ \+0x[\da-f]+$|goroutine \d+ \[|created by [\w./]+|\(0x[\da-f]+[^)]*\)$|\.{3}\)$/;

function lastLines(text: string): string {
  const lines = text.split('\n').filter((line) => !NOISE.test(line) && !STACK.test(line));
  return lines
    .slice(-LINES)
    .map((line) => (line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS)}…` : line))
    .join('\n');
}
