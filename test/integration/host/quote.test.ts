import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { execa } from 'execa';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { commandLine, quote } from '../../../src/host/quote.ts';

/** What a real shell makes of the words. */
async function asTheShellReadsThem(shell: string, words: readonly string[]): Promise<string[]> {
  const line = commandLine(['printf', '%s\\0', ...words]);
  const { stdout } = await execa(shell, ['-c', line], { stripFinalNewline: false });
  return stdout.split('\0').slice(0, -1);
}

const AWKWARD = [
  '',
  ' ',
  '  two  words  ',
  'line\nbreak',
  '\n',
  'trailing newline\n',
  "it's",
  "'",
  "''",
  '"double"',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shells expand it too
  '$HOME ${HOME} $(id) `id`',
  'back\\slash\\',
  '*.ts ? [a-z] {a,b} ~ ~root',
  '-n',
  '--',
  'a=b',
  '=x',
  'a;b|c&d>e<f#g!h',
  '#comment',
  '!history!',
  'tab\there\r\u0007\u001b[31m',
  '节点 日本 ümläut 🚀 \u{10ffff}',
  '{"labels":{"a":"it\'s"}}',
];

describe('quoting for the shell', () => {
  for (const shell of ['sh', 'bash']) {
    it(`${shell} reads every awkward word as it was given`, async () => {
      assert.deepEqual(await asTheShellReadsThem(shell, AWKWARD), AWKWARD);
    });

    it(`${shell} reads random words as they were given`, async () => {
      const alphabet = [...new Set(AWKWARD.join(''))];
      const word = () => Array.from({ length: randomInt(12) }, () => alphabet[randomInt(alphabet.length)]).join('');
      const words = Array.from({ length: 3000 }, word);
      assert.deepEqual(await asTheShellReadsThem(shell, words), words);
    });

    it(`${shell} reads each single character as itself`, async () => {
      const words = Array.from({ length: 0x2ff }, (_, code) => String.fromCodePoint(code + 1));
      assert.deepEqual(await asTheShellReadsThem(shell, words), words);
    });
  }

  it('leaves plain words readable', () => {
    assert.equal(
      commandLine(['systemctl', 'show', 'kubelet.service', '--property=Id']),
      'systemctl show kubelet.service --property=Id',
    );
  });

  it('refuses a NUL character, which no program can be given', () => {
    assert.throws(() => quote('a\0b'), EdgeadmError);
  });
});
