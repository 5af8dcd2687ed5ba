import { randomBytes } from 'node:crypto';
import type { Machine } from '../../machine.ts';
import type { DriveFiles } from '../../windows/drive-files.ts';
import { NO_SUCH_PROGRAM } from '../../windows/quote.ts';
import { inTurn } from '../execute.ts';
import { startLine } from '../program.ts';
import { remoteExec } from '../remote-exec.ts';
import type { Session } from '../session.ts';
import { drivePlace, nativeOf, temporaryPlace } from './places.ts';
import type { WindowsShell } from './shell.ts';

/** With which a shell ends that found no program, beside programs that say something by it. */
const MAYBE_MISSING = [1, 3, NO_SUCH_PROGRAM];

/** Runs programs by their full path through the shell of the SSH server. */
export function shellPrograms(session: Session, shell: WindowsShell, signal?: AbortSignal, inputFile?: string) {
  return remoteExec(
    session,
    (link, words, options) =>
      inTurn(link, () => startLine(link, shell.line(words, inputFile), options.signal), options),
    signal,
  );
}

/** The same; a program that is missing has exit code 127, and each gets its input whatever the shell. */
export function windowsPrograms(
  session: Session,
  shell: WindowsShell,
  drives: DriveFiles,
  signal?: AbortSignal,
): Machine['exec'] {
  const found = new Set<string>();
  const exec = shellPrograms(session, shell, signal);
  const fromFile: Machine['exec'] = async (file, args, { input = '', ...options } = {}) => {
    const place = temporaryPlace(shell.systemDrive, `${randomBytes(16).toString('hex')}.in`);
    await drives.write(place, Buffer.from(input));
    try {
      return await shellPrograms(session, shell, signal, nativeOf(place))(file, args, options);
    } finally {
      await drives.remove(place);
    }
  };
  return async (file, args, options = {}) => {
    const run = options.input === undefined || shell.takesInput ? exec : fromFile;
    const result = await run(file, args, options);
    if (!MAYBE_MISSING.includes(result.exitCode) || found.has(file)) return result;
    if (!(await drives.stat(drivePlace(file)))) return { exitCode: 127, stdout: '', stderr: `${file}: not found` };
    found.add(file);
    return result;
  };
}
