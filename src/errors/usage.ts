import { EdgeadmError } from './index.ts';

/** The error that lists mistakes, one a line. */
export function usageError(mistakes: readonly string[]): EdgeadmError {
  const [first = 'nothing is said'] = mistakes;
  return new EdgeadmError({
    code: 'USAGE',
    what: mistakes.length === 1 ? first : `${mistakes.length} values cannot be used`,
    why: mistakes.length === 1 ? undefined : mistakes.join('\n'),
  });
}
