import { EdgeadmError } from '../../errors/index.ts';
import { powershellQuoted } from '../../lib/shell-quotes.ts';

/** Words that mean themselves to a program's parser and to cmd. */
const PLAIN = /^[\w:./\\=,@+-]+$/;
/** What cmd reads before a program does; a caret in front makes it an ordinary character. */
const OF_CMD = /[()%!^"<>&|]/g;

/**
 * One argument as the parser of Microsoft's C library, which CommandLineToArgvW shares, takes it for one: backslashes
 * count only in front of a quotation mark.
 * @see https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments
 */
function quoteArgument(word: string): string {
  if (/[\0\r\n]/.test(word))
    throw new EdgeadmError({ code: 'INTERNAL', what: 'an argument of a Windows program contains a line break or NUL' });
  if (PLAIN.test(word)) return word;
  return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}

/** A program and its arguments as Windows passes them on, in one text: the ImagePath of a service. */
export function windowsCommandLine(words: readonly string[]): string {
  return words.map(quoteArgument).join(' ');
}

/** The arguments in such a text, as {@link windowsCommandLine} writes it. */
export function splitCommandLine(line: string): string[] {
  const words = line.match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? [];
  return words.map((word) =>
    word.startsWith('"')
      ? word
          .slice(1, -1)
          .replace(/(\\+)("|$)/g, (_, run: string, end: string) => run.slice(Math.ceil(run.length / 2)) + end)
      : word,
  );
}

/**
 * The same for `cmd /c`, which SSH servers of Windows run: every character that means something to cmd has a caret
 * before it, quotation marks too, so that cmd never takes an argument for quoted. It finds the program only by real
 * quotation marks, in which it would still expand variables.
 */
export function cmdCommandLine([program = '', ...args]: readonly string[]): string {
  if (/[%"!]/.test(program))
    throw new EdgeadmError({ code: 'INTERNAL', what: `cmd cannot start a program of the name ${program}` });
  const words = args.map((word) => (PLAIN.test(word) ? word : quoteArgument(word).replace(OF_CMD, '^$&')));
  return [quoteArgument(program), ...words].join(' ');
}

/** Of cmd: there is no such program. */
export const NO_SUCH_PROGRAM = 9009;

/**
 * The same for PowerShell, which SSH servers of Windows run if their administrator chose it: a script that gives the
 * program exactly this command line, which `& program arguments` does not in any version of PowerShell, and ends with
 * its whole exit code.
 * @param inputFile what the program reads; PowerShell reads its own input away
 */
export function powerShellLine([program = '', ...args]: readonly string[], inputFile?: string): string {
  const feed = [
    `$f = [System.IO.File]::OpenRead(${powershellQuoted(inputFile ?? '')})`,
    '$f.CopyTo($p.StandardInput.BaseStream)',
    '$p.StandardInput.Close()',
  ];
  const words = `${powershellQuoted(program)}, ${powershellQuoted(windowsCommandLine(args))}`;
  return [
    `$i = New-Object -TypeName 'System.Diagnostics.ProcessStartInfo' -ArgumentList @(${words})`,
    '$i.UseShellExecute = $false',
    ...(inputFile === undefined ? [] : ['$i.RedirectStandardInput = $true']),
    `try { $p = [System.Diagnostics.Process]::Start($i) } catch { exit ${NO_SUCH_PROGRAM} }`,
    ...(inputFile === undefined ? [] : feed),
    '$p.WaitForExit()',
    'exit $p.ExitCode',
  ].join('; ');
}

/**
 * Arguments of powershell.exe for a script, which needs no quoting: it is sent in Base64. PowerShell leaves the input to
 * the script.
 */
export function powerShellArguments(script: string): string[] {
  const encoded = Buffer.from(script, 'utf16le').toString('base64');
  const alone = ['-NoProfile', '-NonInteractive', '-InputFormat', 'None', '-ExecutionPolicy', 'Bypass'];
  return [...alone, '-EncodedCommand', encoded];
}
