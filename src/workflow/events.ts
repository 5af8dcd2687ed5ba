import type { EdgeadmError } from '../errors/index.ts';

export type Outcome = 'done' | 'unchanged' | 'skipped' | 'failed' | 'rolled-back';

/** What happens while a pipeline runs. Renderers show events; phases send them and never print. */
export type WorkflowEvent = {
  readonly host: string;
  /** Path of the phase: `prepare-node` or `prepare-node/sysctl`. */
  readonly phase: string;
  /** Milliseconds since 1970. */
  readonly time: number;
} & (
  | { readonly type: 'phase-start'; readonly title: string }
  | { readonly type: 'phase-end'; readonly outcome: Outcome; readonly durationMs: number; readonly detail?: string }
  /** `vendor`: a line of the original tool that scripts look for; for logs and pipes, not for people at a terminal. */
  | {
      readonly type: 'message';
      readonly level: 'info' | 'warning' | 'debug';
      readonly text: string;
      readonly vendor?: true;
    }
  /** A transfer; `done` and `total` are bytes, a total of 0 is not known. */
  | { readonly type: 'progress'; readonly what: string; readonly done: number; readonly total: number }
  /** A dry run tells what would be done; `diff` is a unified diff if a file would change. */
  | { readonly type: 'plan'; readonly action: string; readonly diff?: string }
  | { readonly type: 'failure'; readonly error: EdgeadmError }
);

type WithoutHead<T> = T extends unknown ? Omit<T, 'host' | 'phase' | 'time'> : never;

/** An event as its sender writes it; host, phase and time are added on the way. */
export type EventBody = WithoutHead<WorkflowEvent>;

export type EventSink = (event: WorkflowEvent) => void;

/** How a phase speaks. */
export interface PhaseLog {
  info(text: string): void;
  /** A line of the original tool, from `phases/vendor-messages.ts`. */
  vendor(text: string): void;
  warning(text: string): void;
  debug(text: string): void;
  progress(what: string, done: number, total: number): void;
}

/** Milliseconds since 1970 with microseconds behind the point, as klog prints them. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** A log for one phase on one host. */
export function phaseLog(emit: (body: EventBody) => void): PhaseLog {
  const message = (level: 'info' | 'warning' | 'debug', text: string): void => emit({ type: 'message', level, text });
  return {
    info: (text) => message('info', text),
    vendor: (text) => emit({ type: 'message', level: 'info', text, vendor: true }),
    warning: (text) => message('warning', text),
    debug: (text) => message('debug', text),
    progress: (what, done, total) => emit({ type: 'progress', what, done, total }),
  };
}
