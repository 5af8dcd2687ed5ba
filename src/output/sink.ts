import { stripVTControlCharacters } from 'node:util';
import { EdgeadmError } from '../errors/index.ts';
import { redact, redactValue } from '../lib/redact.ts';
import type { WorkflowEvent } from '../workflow/events.ts';
import type { HostResult, Renderer, TextWriter } from './renderer.ts';

const guarded = new WeakSet<NodeJS.WritableStream>();

/**
 * A writer that keeps working when nobody reads any more (`edgeadm compat | head`, a closed terminal): what comes
 * after is dropped, so that a join does not die for the sake of its output.
 */
export function openWriter(stream: NodeJS.WritableStream): TextWriter {
  let open = true;
  if (!guarded.has(stream)) {
    guarded.add(stream);
    stream.on('error', () => {});
  }
  stream.once('error', () => {
    open = false;
  });
  return (text) => {
    if (open) stream.write(text);
  };
}

let stdout: TextWriter | undefined;
let stderr: TextWriter | undefined;

/** Writes a result to standard output, redacted. Everything outside of a workflow prints through this. */
export function writeStdout(text: string): void {
  stdout ??= openWriter(process.stdout);
  stdout(redact(text));
}

/** Writes a message to standard error, redacted: usage errors, help after them, warnings. */
export function writeStderr(text: string): void {
  stderr ??= openWriter(process.stderr);
  stderr(redact(text));
}

/** Where events go. */
export type Sink = Required<Omit<Renderer, 'close'>>;

/**
 * The one way to the renderers: each event is redacted, and freed of what would move a terminal's cursor (text that
 * came from a node or a server is not trusted with it).
 */
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

export function cleanHostResult(result: HostResult): HostResult {
  const { error, data, ...rest } = result;
  return {
    ...(cleanStrings(rest) as typeof rest),
    error: error && cleanError(error),
    data: data && (redactValue(data) as typeof data),
  };
}

/** The error without secrets; of its cause the stack remains, for the log file, where the fault is our own. */
export function cleanError(error: EdgeadmError): EdgeadmError {
  const { code, what, why, next, cause } = error;
  const stack = code === 'INTERNAL' && cause instanceof Error ? cause.stack : undefined;
  return new EdgeadmError({ ...(cleanStrings({ what, why, next, cause: stack }) as { what: string }), code });
}

function cleanEvent(event: WorkflowEvent): WorkflowEvent {
  if (event.type === 'failure') return { ...event, error: cleanError(event.error) };
  return cleanStrings(event) as WorkflowEvent;
}

function cleanStrings(record: object): object {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, typeof value === 'string' ? printable(redact(value)) : value]),
  );
}

/** The text without escape sequences and control characters; line ends of any kind become `\n`. */
function printable(text: string): string {
  const lines = stripVTControlCharacters(text).replace(/\r\n?/g, '\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
  return lines.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '');
}
