/** A phase of the last join: milliseconds since the join began. */
interface TimelinePhase {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
}

/** The last join, as the log of edgeadm tells it. */
export interface JoinTimeline {
  /** `0410 10:54:25`: month, day and time of the machine that ran edgeadm; its log has no year. */
  readonly started: string;
  readonly durationMs: number;
  readonly phases: readonly TimelinePhase[];
  /** `unfinished`: it was killed, or is still at work. */
  readonly outcome: 'done' | 'failed' | 'unfinished';
  readonly failedPhase?: string;
  /** What failed, with the lines that follow it. */
  readonly error?: readonly string[];
}

interface Line {
  readonly severity: string;
  readonly at: string;
  readonly ms: number;
  readonly pid: string;
  readonly phase: string;
  readonly text: string;
}

/** The form of klogRenderer's lines. */
const LINE = /^([IWE])(\d{4}) (\d\d):(\d\d):(\d\d)\.(\d{3})\d*\s+(\d+) \S+\] \[([^\]]+)\] (.*)$/;
const DAY_MS = 86_400_000;
const NOT_PHASES = new Set(['edgeadm', 'join']);

/** The last join in logs of edgeadm; undefined where there was none. */
export function lastJoin(...logs: string[]): JoinTimeline | undefined {
  const joins = logs.flatMap((log) => joinIn(log) ?? []);
  return joins.sort((a, b) => (a.started < b.started ? -1 : 1)).at(-1);
}

function joinIn(log: string): JoinTimeline | undefined {
  const lines = log.split('\n').flatMap((line) => parseLine(line) ?? []);
  const first = lines.findLastIndex(({ phase, text }) => phase === 'edgeadm' && /^edgeadm \S*: join on /.test(text));
  const head = lines[first];
  if (!head) return undefined;
  const own = lines.slice(first).filter(({ pid }) => pid === head.pid);
  const next = own.findIndex(
    ({ phase, text }, index) => index > 0 && phase === 'edgeadm' && /^edgeadm \S*: /.test(text),
  );
  const run = next === -1 ? own : own.slice(0, next);
  const since = ({ ms }: Line): number => (ms - head.ms + DAY_MS) % DAY_MS;
  const failure = run.find(({ severity }) => severity === 'E');
  const ended = run.some(({ phase, text }) => phase === 'edgeadm' && / in [\d.]+(ms|s|m|h)/.test(text));
  const names = [...new Set(run.map(({ phase }) => phase))].filter((phase) => !NOT_PHASES.has(phase));
  const phases = names.map((name) => {
    const lines = run.filter(({ phase }) => phase === name);
    const [startMs = 0, endMs = 0] = [lines[0], lines.at(-1)].map((line) => (line ? since(line) : 0));
    return { name, startMs, endMs, failed: failure?.phase === name };
  });
  return {
    started: head.at,
    durationMs: Math.max(0, ...run.map(since)),
    phases,
    outcome: failure ? 'failed' : ended ? 'done' : 'unfinished',
    ...(failure && { failedPhase: failure.phase, error: errorOf(run, failure) }),
  };
}

function errorOf(run: readonly Line[], failure: Line): string[] {
  return run.filter(({ severity, phase }) => severity === 'E' && phase === failure.phase).map(({ text }) => text);
}

function parseLine(line: string): Line | undefined {
  const [, severity = '', day = '', hours, minutes, seconds, millis, pid = '', phase = '', text = ''] =
    LINE.exec(line) ?? [];
  if (!severity) return undefined;
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(millis);
  return { severity, at: `${day} ${hours}:${minutes}:${seconds}`, ms, pid, phase, text };
}
