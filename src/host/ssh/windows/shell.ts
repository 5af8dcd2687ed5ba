import { EdgeadmError } from '../../../errors/index.ts';
import { cmdCommandLine, powerShellLine } from '../../windows/quote.ts';
import { inTurn } from '../execute.ts';
import { startLine } from '../program.ts';
import type { Session } from '../session.ts';

/** How the SSH server of a Windows machine runs what it is given: by cmd, or by PowerShell where `DefaultShell` says so. */
export interface WindowsShell {
  readonly name: 'cmd' | 'PowerShell';
  /** With its colon: `C:`. */
  readonly systemDrive: string;
  /** The text that starts a program. @param inputFile see {@link WindowsShell.takesInput} */
  line(words: readonly string[], inputFile?: string): string;
  /** Whether a program gets what is sent to it; otherwise it reads a file. */
  readonly takesInput: boolean;
}

/** Each shell expands one of the two: cmd the first, PowerShell the second, and writes words on lines of their own. */
const QUESTION = 'echo edgeadm %SystemDrive% $env:SystemDrive';
const OF_CMD = /^edgeadm ([A-Za-z]:) /m;
const OF_POWERSHELL = /^edgeadm\r?\n%SystemDrive%\r?\n([A-Za-z]:)\r?$/m;

/** Asks the host in words that do nothing in any shell. @returns undefined if it is not Windows, or has another shell */
export async function findWindowsShell(session: Session, signal?: AbortSignal): Promise<WindowsShell | undefined> {
  const step = { what: 'finding out its shell', repeatable: true, signal };
  const { stdout } = await session.use(step, (link) =>
    inTurn(link, () => startLine(link, QUESTION, signal), {
      maxOutputBytes: 64 * 1024,
      timeoutMs: link.limits.start,
      signal,
    }),
  );
  return shellIn(stdout.toString('utf8'));
}

/** Reads what a shell answers to {@link QUESTION}. */
export function shellIn(answer: string): WindowsShell | undefined {
  const ofCmd = OF_CMD.exec(answer)?.[1];
  if (ofCmd !== undefined) return { name: 'cmd', systemDrive: ofCmd, takesInput: true, line: lineForCmd };
  const ofPowerShell = OF_POWERSHELL.exec(answer)?.[1];
  if (ofPowerShell === undefined) return undefined;
  return { name: 'PowerShell', systemDrive: ofPowerShell, takesInput: false, line: powerShellLine };
}

/** What cmd reads of a line. Source: Microsoft, "Command prompt line string limitation" */
const MAX_CHARACTERS = 8191;

function lineForCmd(words: readonly string[]): string {
  const line = cmdCommandLine(words);
  if (line.length <= MAX_CHARACTERS) return line;
  throw new EdgeadmError({ code: 'INTERNAL', what: `the command line of ${words[0]} is too long for cmd` });
}
