import type { EventBody, WorkflowEvent } from '../../../src/workflow/events.ts';

/** 10 April, 10:54:25.801 local time. */
export const TIME = new Date(2026, 3, 10, 10, 54, 25, 801).getTime();

/** Makes an event of `localhost`. */
export function event(phase: string, body: EventBody, head: { host?: string; time?: number } = {}): WorkflowEvent {
  return { host: 'localhost', time: TIME, ...head, phase, ...body };
}

export function info(phase: string, text: string, host?: string): WorkflowEvent {
  return event(phase, { type: 'message', level: 'info', text }, host ? { host } : {});
}

export function warning(phase: string, text: string, host?: string): WorkflowEvent {
  return event(phase, { type: 'message', level: 'warning', text }, host ? { host } : {});
}

export function start(phase: string, title: string, host?: string): WorkflowEvent {
  return event(phase, { type: 'phase-start', title }, host ? { host } : {});
}

export function end(
  phase: string,
  outcome: 'done' | 'unchanged' | 'skipped' | 'failed' | 'rolled-back' = 'done',
  detail?: string,
  host?: string,
): WorkflowEvent {
  return event(phase, { type: 'phase-end', outcome, durationMs: 1234, detail }, host ? { host } : {});
}
