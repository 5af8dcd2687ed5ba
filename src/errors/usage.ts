import { EdgeadmError } from './index.ts';

/** The error that lists mistakes, one a line. @param next if something helps more than the help of the command */
export function usageError(mistakes: readonly string[], next?: string): EdgeadmError {
  const [first = 'no value given'] = mistakes;
  return new EdgeadmError({
    code: 'USAGE',
    what: mistakes.length === 1 ? first : `${mistakes.length} values are missing or invalid`,
    why: mistakes.length === 1 ? undefined : mistakes.join('\n'),
    next,
  });
}

/** The error of a file that a user names, with the system's as its cause. @param what it is for, such as a flag */
export function unreadable(what: string, file: string, error: NodeJS.ErrnoException): EdgeadmError {
  const why = error.code === 'ENOENT' ? 'file not found' : error.message;
  return new EdgeadmError({ code: 'USAGE', what: `${what}: cannot read the file "${file}"`, why, cause: error });
}
