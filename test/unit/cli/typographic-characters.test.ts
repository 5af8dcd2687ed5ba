import assert from 'node:assert/strict';
import { refuseTypography } from '../../../src/cli/typographic-characters.ts';

describe('a command that was pasted from a page', () => {
  for (const [what, words, named] of [
    [
      'an en dash for two hyphens (kubernetes.io, generated page of kubeadm join)',
      ['join', '10.0.0.1', '–token', 'abcdef.0123456789abcdef'],
      /en dash \(U\+2013\) in –token: --token was probably meant/,
    ],
    ['an em dash', ['join', '—token=abcdef.0123456789abcdef'], /em dash \(U\+2014\) in —token: --token/],
    [
      'curly quotes around a token',
      ['join', '--token', '“abcdef.0123456789abcdef”'],
      /typographic quote \(U\+201C\) around a value/,
    ],
    ['curly quotes behind an equals sign', ['join', '--token=‘abcdef.0123456789abcdef’'], /typographic quote/],
    ['a non-breaking hyphen in the name of a flag', ['join', '--node‑name', 'a'], /U\+2011.*--node-name/],
    ['a non-breaking space', ['join', '--token\u00a0abcdef.0123456789abcdef'], /U\+00A0/],
    ['a zero-width space', ['join', '10.0.0.1\u200b'], /U\+200B/],
    ['a non-breaking space behind a command (kubernetes/kubeadm#2538)', ['join\u00a0', '10.0.0.1'], /U\+00A0/],
    [
      'a zero-width space before a flag (aelassas/servy#963)',
      ['join', '\u200b--token=abcdef.0123456789abcdef'],
      /U\+200B/,
    ],
    [
      'a zero-width joiner (ohanhi/atom-highlight-bad-chars#3)',
      ['join', '--token', 'abcdef.0123456789abcdef\u200d'],
      /U\+200D/,
    ],
    [
      'a zero-width non-joiner (nhoizey/vscode-gremlins#27)',
      ['join', '--token=\u200cabcdef.0123456789abcdef'],
      /U\+200C/,
    ],
    ['a left-to-right mark of a dialog of Windows', ['join', '\u200e10.0.0.1'], /U\+200E/],
    ['a word joiner in the name of a flag', ['join', '--node\u2060-name', 'a'], /U\+2060/],
    ['a backslash in the middle of a line', ['join', '10.0.0.1', '\\', '--token', 'a'], /must be the last character/],
    ['a backslash with a space behind it', ['join', '10.0.0.1', ' '], /backslash and a space/],
  ] as const)
    it(`a pasted command is refused with the character that is wrong, and no secret: ${what}`, () => {
      const error = refuseTypography(words);
      assert.equal(error?.code, 'USAGE');
      assert.match(error?.why ?? '', named);
      assert.doesNotMatch(JSON.stringify(error), /0123456789abcdef/);
    });

  it('a pasted command is left alone if such characters are within a value, or behind --', () => {
    assert.equal(refuseTypography(['nodepool', 'create', 'a', '--description', 'Lager – Süd']), undefined);
    assert.equal(refuseTypography(['explain', '--', '–x']), undefined);
    assert.equal(refuseTypography(['join', '10.0.0.1', '--token', 'abcdef.0123456789abcdef', '-o', 'json']), undefined);
  });
});
