import type { EdgeadmError } from '../errors/index.ts';
import type { Style } from './style.ts';

/** Where to look further; both are optional. */
export interface ErrorContext {
  /** Named where several hosts were worked on. */
  readonly host?: string;
  /** Path of the log file. */
  readonly log?: string;
}

/** An error for people: what failed, the evidence, what to do next. Lines with their ends. */
export function formatError(error: EdgeadmError, style: Style, context: ErrorContext = {}): string {
  const where = context.host ? `${context.host}: ` : '';
  const evidence = error.why?.trimEnd().split('\n') ?? [];
  return [
    `${style.red('error:')} ${style.bold(`${where}${error.what}`)}`,
    ...evidence.map((line) => `  ${line}`),
    `${style.bold('next:')} ${error.next.replaceAll('\n', '\n      ')}`,
    style.dim(`(${error.code}${context.log ? `, log: ${context.log}` : ''})`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
