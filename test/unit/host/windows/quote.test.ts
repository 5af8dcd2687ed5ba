import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  cmdCommandLine,
  powerShellArguments,
  splitCommandLine,
  windowsCommandLine,
} from '../../../../src/host/windows/quote.ts';

/**
 * The arguments that a program of Microsoft's C library takes from a command line.
 * Source of the rules: https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments
 */
function parseArguments(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? '';
    const slashes = /^\\*/.exec(line.slice(at))?.[0].length ?? 0;
    if (slashes > 0) {
      const beforeQuote = line[at + slashes] === '"';
      word = (word ?? '') + '\\'.repeat(beforeQuote ? Math.floor(slashes / 2) : slashes);
      at += slashes - 1;
      if (beforeQuote && slashes % 2 === 1) {
        word += '"';
        at += 1;
      }
    } else if (char === '"') {
      if (quoted && line[at + 1] === '"') {
        word = `${word ?? ''}"`;
        at += 1;
      } else quoted = !quoted;
      word ??= '';
    } else if (/[ \t]/.test(char) && !quoted) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  return word === undefined ? words : [...words, word];
}

/**
 * What cmd makes of a line at its prompt: variables first, wherever they stand, then carets and what they protect.
 * @throws Error for a character that would run or write something else
 * Source: https://stackoverflow.com/questions/4094699 (phases 1 and 2)
 */
function parseByCmd(line: string, variables: Readonly<Record<string, string>>): string {
  const expanded = line.replace(/%([^%]+)%/g, (whole, name: string) => variables[name.toUpperCase()] ?? whole);
  let quoted = false;
  let out = '';
  for (let at = 0; at < expanded.length; at += 1) {
    const char = expanded[at] ?? '';
    if (char === '^' && !quoted) {
      at += 1;
      out += expanded[at] ?? '';
    } else {
      if (char === '"') quoted = !quoted;
      else if (!quoted && /[&|<>()]/.test(char)) throw new Error(`cmd would take ${char} for its own`);
      out += char;
    }
  }
  return out;
}

const VARIABLES = { PATH: 'C:\\evil', OS: 'Windows_NT' };
const word = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab \t\\"%^&|<>()!;=,\'`$é') }),
  fc.constantFrom('%PATH%', '%OS%', '"', '\\', '\\\\"', 'C:\\Program Files\\x\\', '', '^', '%', '&calc', '%^PATH%'),
  fc.string().filter((text) => !/[\0\r\n]/.test(text)),
);

describe('quoting for Windows', () => {
  it('a program takes every argument as it was given', () => {
    fc.assert(
      fc.property(fc.array(word), (words) => {
        assert.deepEqual(parseArguments(windowsCommandLine(words)), words);
      }),
      { numRuns: 2000 },
    );
  });

  it('the command of a service is read back as it was written', () => {
    fc.assert(
      fc.property(fc.array(word), (words) => {
        assert.deepEqual(splitCommandLine(windowsCommandLine(words)), words);
      }),
      { numRuns: 2000 },
    );
  });

  it('a program that is run through cmd takes every argument as it was given, and no variable is expanded', () => {
    fc.assert(
      fc.property(fc.array(word), (words) => {
        assert.deepEqual(parseArguments(parseByCmd(cmdCommandLine(words), VARIABLES)), words);
      }),
      { numRuns: 2000 },
    );
  });

  it('an argument with a line break is refused, since cmd ends a command there', () => {
    assert.throws(() => cmdCommandLine(['a\nb']), /line break/);
  });

  it('plain words stay readable, and a folder with a blank gets quotation marks', () => {
    assert.equal(
      windowsCommandLine(['C:\\Program Files\\containerd\\containerd.exe', '--run-service', '--log-level=info']),
      '"C:\\Program Files\\containerd\\containerd.exe" --run-service --log-level=info',
    );
  });

  it('a script for PowerShell arrives as it is, in UTF-16', () => {
    const script = 'Write-Output "ü $x"';
    assert.equal(Buffer.from(powerShellArguments(script).at(-1) ?? '', 'base64').toString('utf16le'), script);
  });
});
