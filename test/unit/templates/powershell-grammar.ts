import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

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

/** Tells whether a text is well formed in Windows PowerShell, whatever it means. */
export async function powershellGrammar(): Promise<(text: string) => boolean> {
  const { Parser, Language } = require('web-tree-sitter') as TreeSitter;
  await Parser.init();
  const wasm = await readFile(require.resolve('tree-sitter-powershell/tree-sitter-powershell.wasm'));
  const language = await Language.load(wasm);
  return (text) => {
    const parser = new Parser();
    parser.setLanguage(language);
    return !parser.parse(text).rootNode.hasError;
  };
}
