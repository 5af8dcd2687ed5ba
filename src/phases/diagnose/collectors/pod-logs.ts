import { PATHS } from '../../../host/node-paths.ts';
import { withoutTornLine } from '../clean-file.ts';
import type { Collector } from '../collector.ts';
import { query } from './common.ts';

const LINES = 500;
/** A line may be as long as its program likes. */
const BYTES = 128 * 1024;
/** A node runs at most 110 pods; a crash loop leaves a log for each start, of which the last is taken. */
const MOST_LOGS = 120;
const HUB = /^\/var\/log\/pods\/kube-system_(edge-hub|yurt-?hub)/;
const HUB_LINES = 6;

/** The end of each container's newest log; two programs for all of them, since each takes its time over SSH. */
export const podLogs: Collector = {
  name: 'cri/logs',
  run: async (context) => {
    if (!context.host.runsPrograms) return { files: [] };
    const depth = ['-mindepth', '3', '-maxdepth', '3'];
    const { stdout } = await query(context, 'find', [
      PATHS.pods.logs,
      ...depth,
      '-name',
      '*.log',
      '-printf',
      '%T@ %p\\n',
    ]);
    const paths = newestLogs(stdout).slice(0, MOST_LOGS);
    if (paths.length === 0) return { files: [] };
    const ends = await query(context, 'tail', ['-v', '-c', String(BYTES), '--', ...paths]);
    const texts = [...textsOf(ends.stdout, paths)].map(([path, text]) => ({
      path,
      text: lastLines(whole(text), LINES),
    }));
    const hubLog = texts.find(({ path }) => HUB.test(path))?.text;
    return {
      files: texts.map(({ path, text }) => ({ path: `cri/logs${path.slice(PATHS.pods.logs.length)}`, text })),
      ...(hubLog && { facts: { hubLog: lastLines(hubLog, HUB_LINES).replace(/^\S+ std(?:out|err) [FP] /gm, '') } }),
    };
  },
};

/** One for each container, the newest of all first. @param text lines of time of change and path */
export function newestLogs(text: string): string[] {
  const lines = [...text.matchAll(/^([\d.]+) (\/.+)\/([^/\n]+)$/gm)];
  const newest = new Map<string, string>();
  for (const [, , folder = '', name = ''] of lines.sort(([, a], [, b]) => Number(b) - Number(a)))
    if (!newest.has(folder)) newest.set(folder, `${folder}/${name}`);
  return [...newest.values()];
}

const HEAD = /^==> (\/var\/log\/pods\/.+) <==$/m;

/** Takes apart what `tail -v` prints; a log may have lines that look like its heads. */
export function textsOf(text: string, paths: readonly string[]): Map<string, string> {
  const missing = new Set(paths);
  const texts = new Map<string, string>();
  let path = '';
  for (const [index, part] of text.split(HEAD).entries()) {
    if (index % 2 === 1 && missing.delete(part)) path = part;
    else texts.set(path, `${texts.get(path) ?? ''}${index % 2 === 1 ? `==> ${part} <==` : part}`);
  }
  texts.delete('');
  return texts;
}

function whole(text: string): string {
  return Buffer.byteLength(text) < BYTES ? text : withoutTornLine(text);
}

function lastLines(text: string, count: number): string {
  return `${text.trim().split('\n').slice(-count).join('\n')}\n`;
}
