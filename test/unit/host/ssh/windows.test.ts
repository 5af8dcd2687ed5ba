import assert from 'node:assert/strict';
import { hashIn } from '../../../../src/host/ssh/windows/drive-files.ts';
import { shellIn } from '../../../../src/host/ssh/windows/shell.ts';

const SUM = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

/** What shells answer to the question which they are, and the drive that is read out of it. */
const SHELLS: readonly { thread: string; answer: string; shell?: string; drive?: string }[] = [
  { thread: 'cmd', answer: 'edgeadm C: $env:SystemDrive\r\n', shell: 'cmd', drive: 'C:' },
  { thread: 'PowerShell', answer: 'edgeadm\r\n%SystemDrive%\r\nD:\r\n', shell: 'PowerShell', drive: 'D:' },
  { thread: 'bash of Git for Windows', answer: 'edgeadm %SystemDrive% :SystemDrive\n' },
  { thread: 'PowerShell on Linux', answer: 'edgeadm\n%SystemDrive%\n\n' },
  { thread: 'a message of the day before it', answer: 'Welcome\r\nedgeadm C: $env\r\n', shell: 'cmd', drive: 'C:' },
];

describe('Windows over SSH', () => {
  for (const { thread, answer, shell, drive } of SHELLS)
    it(`the shell of a host is known by its answer: ${thread}`, () => {
      const found = shellIn(answer);
      assert.deepEqual([found?.name, found?.systemDrive], [shell, drive]);
    });

  it('a command line that is too long for cmd is refused, not cut', () => {
    assert.throws(() => shellIn('edgeadm C: x')?.line(['C:\\a.exe', 'x'.repeat(8200)]), /too long for cmd/);
  });

  it('the sum of a file is read from the answer of certutil in any language, also where it is in pairs', () => {
    const pairs = SUM.replace(/..(?=.)/g, '$& ');
    for (const sum of [SUM, SUM.toUpperCase(), pairs])
      assert.equal(hashIn(`SHA256-Hash von C:\\x:\r\n${sum}\r\nCertUtil: -hashfile-Befehl\r\n`), SUM);
    assert.equal(hashIn('CertUtil: -hashfile FEHLER: 0x80070002\r\n'), undefined);
  });
});
