import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { placesOf } from '../../../src/cli/completion/places.ts';
import { COMPLETION_SHELLS, completionScript } from '../../../src/cli/completion/script.ts';
import { powerShellLine } from '../../../src/host/windows/quote.ts';
import { powershellQuoted } from '../../../src/lib/shell-quotes.ts';
import { WINDOWS_CHECKS } from '../../../src/phases/preflight/windows/checks.ts';
import { readTemplate } from '../../../src/templates/index.ts';
import { powershellGrammar } from './powershell-grammar.ts';

const FOLDER = new URL('../../../templates/windows/', import.meta.url);
const scripts = readdirSync(FOLDER).filter((name) => name.endsWith('.ps1'));

describe('PowerShell scripts', () => {
  let isWellFormed: (text: string) => boolean;
  before(async () => {
    isWellFormed = await powershellGrammar();
  });

  it('PowerShell scripts that are broken fail this check', () => {
    for (const text of ['if ($a) {', "Write-Output 'x", 'foreach ($a in $b { }', '@{ a = 1'])
      assert.equal(isWellFormed(text), false, text);
  });

  for (const name of scripts) {
    it(`${name} is well formed, stops at the first error and shows no progress`, () => {
      const text = readTemplate(`windows/${name}`);
      assert.ok(isWellFormed(text));
      assert.match(text, /^\$ErrorActionPreference = 'Stop'$/m);
      assert.match(text, /^\$ProgressPreference = 'SilentlyContinue'$/m);
      // What cmd takes for one command line.
      assert.ok(Buffer.from(text, 'utf16le').toString('base64').length < 8000);
    });
  }

  it('the line that starts a program over SSH is well formed', () => {
    const words = ['C:\\Windows\\System32\\sc.exe', 'query', "it's"];
    for (const file of [undefined, 'C:\\Windows\\Temp\\x.in']) assert.ok(isWellFormed(powerShellLine(words, file)));
  });

  it('a quoted text of PowerShell is one word, whatever is in it', () => {
    for (const text of ["it's a folder", '‘a’', '$HOME `id` "x"', 'C:\\Users\\x\\'])
      assert.ok(isWellFormed(`$Env:KUBECONFIG = ${powershellQuoted(text)}`), text);
  });

  for (const { name, remedy } of WINDOWS_CHECKS) {
    const quoted = remedy.split('`').filter((_, index) => index % 2 === 1);
    // A flag alone is part of the reader's own command.
    const commands = quoted.filter((text) => !text.startsWith('-'));
    if (commands.length === 0) continue;
    it(`what ${name} of a Windows node advises can be pasted into PowerShell`, () => {
      for (const command of commands) assert.ok(isWellFormed(command), command);
    });
  }

  it('the completion for PowerShell is well formed', () => {
    const places = placesOf([], new Map([['token', 'Manage bootstrap tokens.']]));
    assert.ok(COMPLETION_SHELLS.includes('powershell'));
    assert.ok(isWellFormed(completionScript('powershell', places)));
  });
});
