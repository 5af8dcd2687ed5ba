import { EdgeadmError } from '../../errors/index.ts';
import type { ProgramResult } from '../machine.ts';

/** How one kind of object is read, made and removed. */
export interface ObjectStore<T> {
  /** undefined if there is none. */
  read(name: string): Promise<T | undefined>;
  write(name: string, definition: T): Promise<void>;
  /** It may be missing. */
  remove(name: string): Promise<void>;
}

/** What an exit code means where the words beside it are in the language of the system. Source: winerror.h */
const MEANINGS = new Map([
  [5, 'access is denied'],
  [1053, 'the service did not answer in time'],
  [1058, 'the service is disabled'],
  [1060, 'there is no such service'],
  [1068, 'a service that it needs did not start'],
  [1069, 'its account cannot log on'],
  [1072, 'it is marked for deletion: close services.msc and whatever else shows it'],
]);

/** @throws EdgeadmError COMMAND_FAILED on an exit code that is neither 0 nor accepted */
export function requireExit(command: string, result: ProgramResult, accepted: readonly number[] = []): void {
  const { exitCode, stdout, stderr } = result;
  if (exitCode === 0 || accepted.includes(exitCode)) return;
  const words = (stderr || stdout).trim().split(/\r?\n/).slice(-8).join('\n');
  throw new EdgeadmError({
    code: 'COMMAND_FAILED',
    what: `${command} failed with exit code ${exitCode}`,
    why: [MEANINGS.get(exitCode), words].filter(Boolean).join('\n') || 'it printed nothing',
  });
}
