import { EdgeadmError } from './index.ts';

/** The error of a question that was answered with no. */
export function answeredNo(): EdgeadmError {
  return new EdgeadmError({
    code: 'INTERRUPTED',
    what: 'cancelled: not confirmed',
    why: 'nothing was changed',
    next: 'run the same command again and answer y, or add --yes',
  });
}

/** The error of a question that needs an answer although there is no terminal. @param line the command to run instead */
export function confirmationNeeded(question: string, line?: string): EdgeadmError {
  return new EdgeadmError({
    code: 'CONFIRMATION_NEEDED',
    what: 'confirmation required, but there is no terminal',
    why: question,
    next: line,
  });
}
