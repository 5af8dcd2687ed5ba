import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attachLine } from '../../../sandbox/cloud/cs-attach-script.ts';
import { type CommandFacts, placesOf } from '../../../src/cli/completion/places.ts';
import { COMPLETION_SHELLS, completionScript } from '../../../src/cli/completion/script.ts';
import { powerShellLine } from '../../../src/host/windows/quote.ts';
import { powershellQuoted } from '../../../src/lib/shell-quotes.ts';
import { WINDOWS_CHECKS } from '../../../src/phases/preflight/windows/checks.ts';
import { readTemplate } from '../../../src/templates/index.ts';
import { powershellGrammar } from './powershell-grammar.ts';

const ROOT = join(import.meta.dirname, '../../..');
const scripts = readdirSync(join(ROOT, 'templates/windows')).filter((name) => name.endsWith('.ps1'));
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const PAGES = ['README.md', ...filesBelow('docs', '.md')];
const blocks = PAGES.flatMap((page) =>
  [...textOf(page).matchAll(/^```powershell\n([\s\S]*?)^```$/gm)].map(([, text = '']) => ({ page, text })),
);

function filesBelow(folder: string, ending: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
}

/** What texts for Windows machines have between back-quotes, in the sources that are about nothing else. */
function quotedForWindows(): string[] {
  const files = filesBelow('src', '.ts').filter((file) => file.includes('/windows/'));
  const literals = /`(?:[^`\\]|\\.)*`|'(?:[^'\\\n]|\\.)*'/g;
  return files.flatMap((file) => {
    const lines = textOf(file).split('\n');
    const code = lines.filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line)).join('\n');
    return [...code.matchAll(literals)].flatMap(([literal]) => {
      const parts = literal.slice(1, -1).split(literal.startsWith('`') ? '\\`' : '`');
      const quoted = parts.filter((_, index) => index % 2 === 1);
      return quoted.map((text) => text.replace(/\$\{[^}]*\}/g, 'x').replaceAll('\\\\', '\\'));
    });
  });
}

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

  it('every command that a text for Windows machines names can be pasted into PowerShell', () => {
    // A flag alone is part of the reader's own command.
    const commands = quotedForWindows().filter((text) => !text.startsWith('-'));
    assert.ok(commands.includes('shutdown /a'), commands.join('\n'));
    for (const command of commands) assert.ok(isWellFormed(command), command);
  });

  for (const { page, text } of blocks)
    it(`${page}: the block that begins with ${text.split('\n', 1)[0]?.slice(0, 50)} can be pasted into PowerShell`, () => {
      assert.ok(isWellFormed(text));
    });

  it('the line that joins a Windows node is well formed', () => {
    const spec = { region: 'cn-hangzhou', version: '1.20.2', arch: 'amd64', token: 't0k3n', windows: true };
    for (const nodeSpec of ['{}', JSON.stringify({ labels: { a: "it's", b: '‘x’ "y" $z `w` \\' } })]) {
      const line = attachLine({ ...spec, nodeSpec });
      // PowerShell knows a program in ./ and a value behind a flag's equals sign; this grammar knows neither.
      assert.ok(isWellFormed(line.replace('; ./', '; .\\').replace(/ (--[a-z-]+)=/g, ' $1 ')), line);
    }
  });

  it('the completion of all commands is well formed in PowerShell', () => {
    const { commands } = JSON.parse(textOf('oclif.manifest.json')) as { commands: Record<string, CommandFacts> };
    const places = placesOf(Object.values(commands), new Map([['token', 'Manage bootstrap tokens.']]));
    assert.ok(COMPLETION_SHELLS.includes('powershell'));
    assert.ok(isWellFormed(completionScript('powershell', places)));
    assert.ok(isWellFormed('edgeadm completion powershell | Out-String | iex'));
  });
});
