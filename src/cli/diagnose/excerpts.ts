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
  ['edge-hub', /^cri\/logs\/kube-system_(edge-hub|yurt-?hub)[^/]*\/[^/]+\/[^/]+\.log$/],
  ['Kernel', /^journals\/kernel\.txt$/],
  ['edgeadm', /^edgeadm\/log\.txt$/],
];

/** What of the archive's logs a page shows, so that it can be read alone. */
export function excerptsOf(files: readonly CollectedFile[]): Excerpt[] {
  return LOGS.flatMap(([title, pattern]) =>
    files.filter(({ path }) => pattern.test(path)).map(({ path, text }) => ({ title, path, text: lastLines(text) })),
  ).filter(({ text }) => text !== '');
}

function lastLines(text: string): string {
  // The command line that printed it, and what journalctl says of a unit that never ran.
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\$ |^-- (No entries|Logs begin)/.test(line));
  return lines
    .slice(-LINES)
    .map((line) => (line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS)}…` : line))
    .join('\n');
}
