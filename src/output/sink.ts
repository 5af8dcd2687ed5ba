import { EdgeadmError } from '../errors/index.ts';
import { cleanText } from '../lib/clean-text.ts';
import { redactValue } from '../lib/redact.ts';
import type { WorkflowEvent } from '../workflow/events.ts';
import type { HostResult, Renderer, TextWriter } from './renderer.ts';

/**
 * A writer that keeps working when its reader is gone (`edgeadm compat | head`, a closed terminal): later output
 * is dropped, so that a join does not fail only because of its output.
 */
export function openWriter(stream: NodeJS.WritableStream): TextWriter {
  let open = true;
  stream.on('error', () => {
    open = false;
  });
  return (text) => {
    if (open) stream.write(text);
  };
}

/** Where events go. */
export type Sink = Required<Omit<Renderer, 'close'>>;

/** The one way to the renderers: they are given clean events alone. */
export function redactingSink(renderers: readonly Renderer[]): Sink {
  return {
    event(event) {
      const clean = cleanEvent(event);
      for (const renderer of renderers) renderer.event(clean);
    },
    hostDone(result) {
      const clean = cleanHostResult(result);
      for (const renderer of renderers) renderer.hostDone?.(clean);
    },
  };
}

function cleanHostResult(result: HostResult): HostResult {
  const { error, data, ...rest } = result;
  return {
    ...(cleanStrings(rest) as typeof rest),
    error: error && cleanError(error),
    data: data && (redactValue(data) as typeof data),
  };
}

/** The error without secrets; of its cause the stack remains, for the log file, if the fault is our own. */
export function cleanError(error: EdgeadmError): EdgeadmError {
  const { code, what, why, next, cause } = error;
  const stack = code === 'INTERNAL' && cause instanceof Error ? cause.stack : undefined;
  return new EdgeadmError({ ...(cleanStrings({ what, why, next, cause: stack }) as { what: string }), code });
}

function cleanEvent(event: WorkflowEvent): WorkflowEvent {
  if (event.type === 'failure') return { ...event, error: cleanError(event.error) };
  return cleanStrings(event) as WorkflowEvent;
}

/**
 * Words of our own: a transfer sends thousands of events, and looking for secrets in these would be most of the work.
 */
const OWN_WORDS = new Set(['type', 'phase', 'level', 'outcome']);

function cleanStrings(record: object): object {
  const clean = ([key, value]: [string, unknown]): [string, unknown] =>
    typeof value !== 'string' || OWN_WORDS.has(key) ? [key, value] : [key, cleanText(value)];
  return Object.fromEntries(Object.entries(record).map(clean));
}
