import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { placesOf } from '../../../src/cli/completion/places.ts';
import { COMPLETION_SHELLS, completionScript } from '../../../src/cli/completion/script.ts';
import { powerShellLine } from '../../../src/host/windows/quote.ts';
import { powershellQuoted } from '../../../src/lib/shell-quotes.ts';
import { readTemplate } from '../../../src/templates/index.ts';

/** What of a syntax tree is asked here. */
interface Node {
  readonly hasError: boolean;
}
interface TreeSitter {
  readonly Parser: {
    new (): { setLanguage(language: unknown): void; parse(text: string): { rootNode: Node } };
    init(): Promise<void>;
  };
  readonly Language: { load(wasm: Uint8Array): Promise<unknown> };
}

const require = createRequire(import.meta.url);
const FOLDER = new URL('../../../templates/windows/', import.meta.url);
const scripts = readdirSync(FOLDER).filter((name) => name.endsWith('.ps1'));

describe('PowerShell scripts', () => {
  let isWellFormed: (text: string) => boolean;
  before(async () => {
    const { Parser, Language } = require('web-tree-sitter') as TreeSitter;
    await Parser.init();
    const wasm = await readFile(require.resolve('tree-sitter-powershell/tree-sitter-powershell.wasm'));
    const language = await Language.load(wasm);
    isWellFormed = (text) => {
      const parser = new Parser();
      parser.setLanguage(language);
      return !parser.parse(text).rootNode.hasError;
    };
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

  it('the completion for PowerShell is well formed', () => {
    const places = placesOf([], new Map([['token', 'Manage bootstrap tokens.']]));
    assert.ok(COMPLETION_SHELLS.includes('powershell'));
    assert.ok(isWellFormed(completionScript('powershell', places)));
  });
});
