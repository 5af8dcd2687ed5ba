import { basename, dirname, join } from 'node:path';

/** How this very program is started once more. */
export interface ProgramLine {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * Node and the script; or the executable alone; or, if that brings its own loader, what Linux runs is the loader
 * (`/proc/self/exe`), and the executable is beside it with the libraries.
 */
export function ownProgram(
  { execPath, execArgv, argv } = process as Pick<NodeJS.Process, 'execPath' | 'execArgv' | 'argv'>,
): ProgramLine {
  const dir = dirname(execPath);
  if (basename(execPath).startsWith('ld-linux')) {
    return { file: execPath, args: ['--inhibit-cache', '--library-path', dir, join(dir, 'edgeadm')] };
  }
  const script = argv[1] ?? '';
  return { file: execPath, args: script === execPath ? [] : [...execArgv, script] };
}
