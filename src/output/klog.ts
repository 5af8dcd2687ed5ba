import type { EdgeadmError } from '../errors/index.ts';
import { formatDuration } from '../lib/duration.ts';
import type { WorkflowEvent } from '../workflow/events.ts';
import { describeProgress, Meter, REPORT_EVERY_MS } from './progress.ts';
import type { Renderer, TextWriter } from './renderer.ts';

type Severity = 'I' | 'W' | 'E';

export interface KlogOptions {
  readonly write: TextWriter;
  /** Debug messages, and lines for the beginning and end of each phase. */
  readonly verbose: boolean;
  /** Name the host in each line. */
  readonly nameHosts: boolean;
  /** Only warnings and failures: a dry run shows its plan elsewhere. */
  readonly warningsOnly?: boolean;
  /** For people: further lines of an event are indented. A log file has the prefix on each line. */
  readonly onePrefix?: boolean;
}

/** Shorter transfers get no line. */
const WORTH_A_LINE_MS = 1000;

/** Lines as klog writes them, for logs and wherever no terminal is. */
export function klogRenderer(options: KlogOptions): Renderer {
  const meters = new Map<string, Meter>();
  const line = (severity: Severity, event: WorkflowEvent, text: string): void => {
    if (options.warningsOnly && severity === 'I') return;
    const host = options.nameHosts ? `${event.host} ` : '';
    const head = klogHead(severity, event.time, event.phase);
    const phase = event.phase.split('/')[0];
    const prefix = `${head} ${host}[${phase}] `;
    options.write(`${prefix}${text.replaceAll('\n', options.onePrefix ? '\n    ' : `\n${prefix}`)}\n`);
  };
  const detail = (event: WorkflowEvent, text: string): void => {
    if (options.verbose) line('I', event, text);
  };
  return {
    event(event) {
      switch (event.type) {
        case 'message':
          if (event.level === 'debug' && !options.verbose) return;
          return line(event.level === 'warning' ? 'W' : 'I', event, event.text);
        case 'phase-start':
          return detail(event, `${subPhase(event)}${event.title}`);
        case 'phase-end':
          return detail(event, `${subPhase(event)}${describeEnd(event.outcome, event.durationMs, event.detail)}`);
        case 'progress': {
          const report = reportOf(meters, event);
          return report ? line('I', event, report) : undefined;
        }
        case 'failure':
          return line('E', event, errorLines(event.error, options.verbose).join('\n'));
        case 'plan':
          return undefined;
      }
    },
  };
}

/**
 * `I0410 10:54:25.801554   12345 join-node]`: severity, local month, day and time, process id in seven places, phase.
 * klog (k8s.io/klog) names a line of its source there, which tells an administrator nothing.
 */
export function klogHead(severity: Severity, time: number, phase: string, pid = process.pid): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(date.getMonth() + 1)}${two(date.getDate())}`;
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  const micros = String(Math.trunc((time % 1000) * 1000)).padStart(6, '0');
  return `${severity}${day} ${clock}.${micros} ${String(pid).padStart(7)} ${phase.replaceAll(' ', '-')}]`;
}

/** The top-level phase is in brackets already. */
function subPhase({ phase }: WorkflowEvent): string {
  const below = phase.split('/').slice(1).join('/');
  return below && `${below}: `;
}

function describeEnd(outcome: string, durationMs: number, reason?: string): string {
  return reason ? `${outcome} (${reason})` : `${outcome} in ${formatDuration(durationMs)}`;
}

/** A line now and then, and one at the end: a log is not a progress bar. */
function reportOf(
  meters: Map<string, Meter>,
  event: WorkflowEvent & { readonly type: 'progress' },
): string | undefined {
  const key = `${event.host}\n${event.phase}\n${event.what}`;
  const meter = meters.get(key) ?? new Meter(event.time);
  meters.set(key, meter);
  meter.update(event);
  if (event.done === event.total) meters.delete(key);
  return meter.due(REPORT_EVERY_MS) && meter.tookMs >= WORTH_A_LINE_MS
    ? describeProgress(event.what, meter)
    : undefined;
}

/** An error as lines of a log: what, code, evidence, next step. */
function errorLines(error: EdgeadmError, withStack: boolean): string[] {
  return [
    `${error.what} (${error.code})`,
    ...(error.why ? error.why.trimEnd().split('\n') : []),
    ...`next: ${error.next}`.split('\n'),
    ...(withStack && typeof error.cause === 'string' ? error.cause.split('\n') : []),
  ];
}
