/** A phase of the last join: milliseconds since the join began. */
interface TimelinePhase {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
}

/** The last join, as the log of edgeadm tells it. */
export interface JoinTimeline {
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly durationMs: number;
  readonly phases: readonly TimelinePhase[];
  /** `unfinished`: it was killed, or is still running. */
  readonly outcome: 'done' | 'failed' | 'unfinished';
  readonly failedPhase?: string;
  /** What failed, with the lines that follow it. */
  readonly error?: readonly string[];
  /** A command that succeeded after it and makes it history. */
  readonly superseded?: { readonly command: 'reset'; readonly endedMs: number };
}

interface Line {
  readonly severity: string;
  /** Milliseconds since 1970, as the log's own zone has it. */
  readonly ms: number;
  readonly pid: string;
  readonly phase: string;
  readonly text: string;
}

/** One run of edgeadm. */
interface Run {
  readonly command: string;
  readonly startedMs: number;
  readonly lines: readonly Line[];
  readonly failure: Line | undefined;
  readonly isDone: boolean;
}

/** The form of klogRenderer's lines. */
const LINE = /^([IWE])(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3})\d*\s+(\d+) \S+\] \[([^\]]+)\] (.*)$/;
/** The first line of each run; logs of older versions do not have its time. */
const HEAD = /^edgeadm \S*: (.+?) on .+?(?: at (\d{4}-\d\d-\d\dT[\d:.]+Z))?$/;
const DAY_MS = 86_400_000;
const NOT_PHASES = new Set(['edgeadm', 'join']);

/**
 * The last join in logs of edgeadm; undefined if there was none. What was written on several machines is put in order
 * by the UTC times of its runs: each line has only the local time of its machine.
 */
export function lastJoin(...logs: string[]): JoinTimeline | undefined {
  const runs = logs.flatMap(runsIn).sort((a, b) => a.startedMs - b.startedMs);
  const at = runs.findLastIndex(({ command }) => command === 'join');
  const join = runs[at];
  if (!join) return undefined;
  const reset = runs
    .slice(at + 1)
    .findLast(({ command, isDone, failure }) => command === 'reset' && isDone && !failure);
  const timeline = timelineOf(join);
  return reset ? { ...timeline, superseded: { command: 'reset', endedMs: endOf(reset) } } : timeline;
}

function runsIn(log: string): Run[] {
  const lines = log.split('\n').flatMap((line) => parseLine(line) ?? []);
  const heads = lines.flatMap((line, index) => (line.phase === 'edgeadm' && HEAD.test(line.text) ? [index] : []));
  return heads.flatMap((at) => {
    const head = lines[at];
    if (!head) return [];
    const [, command = '', time] = HEAD.exec(head.text) ?? [];
    // Runs on several hosts have logs of their own, but two commands may run at a time.
    const next = heads.find((other) => other > at && lines[other]?.pid === head.pid);
    const own = lines.slice(at, next).filter(({ pid }) => pid === head.pid);
    return [
      {
        command,
        startedMs: time ? Date.parse(time) : head.ms,
        lines: own,
        failure: own.find(({ severity }) => severity === 'E'),
        isDone: own.some(({ phase, text }) => phase === 'edgeadm' && / in [\d.]+(ms|s|m|h)/.test(text)),
      },
    ];
  });
}

function timelineOf({ startedMs, lines, failure, isDone }: Run): JoinTimeline {
  const names = [...new Set(lines.map(({ phase }) => phase))].filter((phase) => !NOT_PHASES.has(phase));
  const since = (line: Line | undefined): number => (line ? sinceHead(lines, line) : 0);
  const phases = names.map((name) => {
    const own = lines.filter(({ phase }) => phase === name);
    return { name, startMs: since(own[0]), endMs: since(own.at(-1)), failed: failure?.phase === name };
  });
  return {
    startedMs,
    durationMs: Math.max(0, ...lines.map(since)),
    phases,
    outcome: failure ? 'failed' : isDone ? 'done' : 'unfinished',
    ...(failure && { failedPhase: failure.phase, error: errorOf(lines, failure) }),
  };
}

function endOf({ startedMs, lines }: Run): number {
  return startedMs + Math.max(0, ...lines.map((line) => sinceHead(lines, line)));
}

/** No run takes a day: one that goes past midnight at the end of a year seems to go back in time. */
function sinceHead([head]: readonly Line[], line: Line): number {
  return head ? (((line.ms - head.ms) % DAY_MS) + DAY_MS) % DAY_MS : 0;
}

function errorOf(run: readonly Line[], failure: Line): string[] {
  return run.filter(({ severity, phase }) => severity === 'E' && phase === failure.phase).map(({ text }) => text);
}

function parseLine(line: string): Line | undefined {
  const [, severity = '', month, day, hours, minutes, seconds, millis, pid = '', phase = '', text = ''] =
    LINE.exec(line) ?? [];
  if (!severity) return undefined;
  const [at = 0, ...rest] = [Number(month) - 1, day, hours, minutes, seconds, millis].map(Number);
  const [date, hour, minute, second, milli] = rest;
  const thisYear = new Date().getFullYear();
  const inYear = (year: number): number => new Date(year, at, date, hour, minute, second, milli).getTime();
  // klog's lines have no year: what would lie ahead of us was a year ago. Clocks and zones differ by less than two days.
  const ms = inYear(thisYear) > Date.now() + 2 * DAY_MS ? inYear(thisYear - 1) : inYear(thisYear);
  return { severity, ms, pid, phase, text };
}
