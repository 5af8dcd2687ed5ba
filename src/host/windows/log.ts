import type { Machine } from '../machine.ts';
import { WINDOWS_PATHS } from './paths.ts';

/** The files that services log to. */
export interface ServiceLogFiles extends Pick<Machine, 'list'> {
  readEnd(path: string, bytes: number): Promise<Buffer | undefined>;
}

interface LogParts {
  readonly exec: Machine['exec'];
  readonly files: ServiceLogFiles;
}

interface LogQuestion {
  readonly service: string;
  readonly lines: number;
  /** Milliseconds since 1970. */
  readonly since?: number;
}

/** How much of the end of a log is read; the file of a kubelet may have gigabytes. */
const END_BYTES = 1024 * 1024;
/** Events of a service that are read at a time. */
const EVENTS = 20;

/**
 * The end of what a service logged: the kubelet writes files, of the others the service control manager at least notes
 * how they started and ended.
 */
export async function serviceLog(parts: LogParts, question: LogQuestion): Promise<string> {
  const text = question.service === 'kubelet' ? await newestKubeletLog(parts) : await eventsOf(parts, question.service);
  return text.trimEnd().split(/\r?\n/).slice(-question.lines).join('\n');
}

/** klog begins a file at each start and names it by the time: the last by name is the newest. */
async function newestKubeletLog({ files }: LogParts): Promise<string> {
  const names = (await files.list(WINDOWS_PATHS.kubelet.logs)).filter((name) => /^kubelet.*\.INFO\.\d/i.test(name));
  const newest = names.toSorted((a, b) => (stampOf(a) < stampOf(b) ? -1 : 1)).at(-1) ?? 'kubelet.log';
  return (await files.readEnd(`${WINDOWS_PATHS.kubelet.logs}/${newest}`, END_BYTES))?.toString('utf8') ?? '';
}

/** `kubelet.exe.HOST.USER.log.INFO.20261129-142233.1234` */
function stampOf(name: string): string {
  return name.slice(name.search(/\.INFO\./i));
}

async function eventsOf({ exec }: LogParts, service: string): Promise<string> {
  const query = "*[System[Provider[@Name='Service Control Manager']]]";
  const args = ['qe', 'System', `/q:${query}`, '/f:xml', `/c:${EVENTS}`, '/rd:true'];
  const { exitCode, stdout } = await exec('wevtutil.exe', args, { repeatable: true });
  return exitCode === 0 ? describeEvents(stdout, service) : '';
}

/** Reads `wevtutil qe /f:xml`: time, number and data of the events that name the service, oldest first. */
export function describeEvents(xml: string, service: string): string {
  const events = [...xml.matchAll(/<Event [\s\S]*?<\/Event>/g)].map(([event]) => event);
  const named = events.filter((event) => event.toLowerCase().includes(`>${service.toLowerCase()}<`));
  return named
    .toReversed()
    .map((event) => {
      const [, time = ''] = /SystemTime=['"]([^'"]+)/.exec(event) ?? [];
      const [, id = ''] = /<EventID[^>]*>(\d+)</.exec(event) ?? [];
      const data = [...event.matchAll(/<Data[^>]*>([^<]*)</g)].map(([, text]) => text).join(' ');
      return `${time} event ${id}: ${data}`;
    })
    .join('\n');
}
