import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  cmdCommandLine,
  powerShellArguments,
  powerShellLine,
  splitCommandLine,
  windowsCommandLine,
} from '../../../../src/host/windows/quote.ts';
import { parseArguments, parseByCmd, parseByPowerShell } from './command-line.ts';

const VARIABLES = { PATH: 'C:\\evil', OS: 'Windows_NT' };
const word = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab \t\\"%^&|<>()!;=,\'`$é') }),
  fc.constantFrom('%PATH%', '%OS%', '"', '\\', '\\\\"', 'C:\\Program Files\\x\\', '', '^', '%', '&calc', '%^PATH%'),
  fc.string().filter((text) => !/[\0\r\n]/.test(text)),
);
const program = fc.constantFrom('C:\\Windows\\System32\\sc.exe', 'C:\\Program Files (x86)\\A & B\\a^b.exe');

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
      fc.property(program, fc.array(word), (file, args) => {
        assert.deepEqual(parseArguments(parseByCmd(cmdCommandLine([file, ...args]), VARIABLES)), [file, ...args]);
      }),
      { numRuns: 2000 },
    );
  });

  it('a program that is run through PowerShell takes every argument as it was given', () => {
    fc.assert(
      fc.property(program, fc.array(word), (file, args) => {
        const found = parseByPowerShell(powerShellLine([file, ...args]));
        assert.deepEqual([found.program, ...parseArguments(found.rest)], [file, ...args]);
      }),
      { numRuns: 2000 },
    );
    const line = powerShellLine(['C:\\k\\kubelet.exe', '--version'], 'C:\\Windows\\Temp\\x.in');
    assert.equal(parseByPowerShell(line).inputFile, 'C:\\Windows\\Temp\\x.in');
  });

  it('an argument with a line break is refused, since cmd ends a command there', () => {
    assert.throws(() => cmdCommandLine(['C:\\a.exe', 'a\nb']), /line break/);
  });

  it('a program whose name cmd would change is refused', () => {
    assert.throws(() => cmdCommandLine(['C:\\%OS%\\a.exe']), /cannot start/);
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
