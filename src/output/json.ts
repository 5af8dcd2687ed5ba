import { redactValue } from '../lib/redact.ts';
import type { WorkflowEvent } from '../workflow/events.ts';
import { Meter } from './progress.ts';
import type { CommandResult, HostResult, Renderer, TextWriter } from './renderer.ts';

/** A program that reads needs no more progress than this. Milliseconds. */
const PROGRESS_EVERY_MS = 1000;

/** One JSON object a line for each event: what the event is made of, with the time in ISO 8601. */
export function jsonRenderer(write: TextWriter, verbose: boolean): Renderer {
  const meters = new Map<string, Meter>();
  const dueProgress = (event: WorkflowEvent): boolean => {
    if (event.type !== 'progress') return true;
    const key = `${event.host}\n${event.phase}\n${event.what}`;
    const meter = meters.get(key) ?? new Meter(event.time);
    meters.set(key, meter);
    meter.update(event);
    return meter.due(PROGRESS_EVERY_MS);
  };
  return {
    event(event) {
      if (!dueProgress(event) || (event.type === 'message' && event.level === 'debug' && !verbose)) return;
      const { type, time, ...rest } = event;
      write(`${JSON.stringify({ type, time: new Date(time).toISOString(), ...rest })}\n`);
    },
  };
}

/** The last line of `-o json`. */
export function resultLine(result: CommandResult): string {
  const { ok, command, hosts, error } = redactValue({
    ...result,
    hosts: hostsForPrograms(result.hosts),
    data: undefined,
  }) as Record<string, unknown>;
  const data = result.reveal ? result.data : redactValue(result.data);
  return `${JSON.stringify({ type: 'result', ok, command, hosts, error, data })}\n`;
}

/** Sentences are for people; what they say is in the data. */
export function hostsForPrograms(hosts: readonly HostResult[]): object[] {
  return hosts.map(({ verdict: _verdict, next: _next, cause: _cause, ...host }) => host);
}
