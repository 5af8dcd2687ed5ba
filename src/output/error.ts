import type { EdgeadmError } from '../errors/index.ts';
import type { Style } from './style.ts';
import { wrap, wrapParagraphs } from './width.ts';

/** Where to look further; both are optional. */
export interface ErrorContext {
  /** Named if several hosts were worked on. */
  readonly host?: string;
  /** Path of the log file. */
  readonly log?: string;
}

/**
 * An error for people: what failed, the evidence, what to do next. Lines with their ends.
 * @param width of the terminal in columns: words wrap there. A terminal that does not know its width says 0.
 */
export function formatError(error: EdgeadmError, style: Style, context: ErrorContext = {}, width?: number): string {
  const columns = width || Infinity;
  const where = context.host ? `${context.host}: ` : '';
  const evidence = error.why?.trimEnd().split('\n') ?? [];
  return [
    `${style.red('error:')} ${hanging(`${where}${error.what}`, 7, columns).map(style.bold).join('\n       ')}`,
    ...evidence.map((line) => wrapParagraphs(`  ${line}`, columns)),
    ...(error.next ? [`${style.bold('next:')} ${hanging(error.next, 6, columns).join('\n      ')}`] : []),
    style.dim(wrap(`(${error.code}${context.log ? `, log: ${context.log}` : ''})`, columns)),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** Lines of a text that follows a word of so many columns. */
function hanging(text: string, indent: number, columns: number): string[] {
  return wrap(text, columns - indent).split('\n');
}
