import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { parseSync } from '@swc/core';

/** Words that a native reader stumbles over, with what to say instead; see docs/style.md. */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\bnobody\b|\bsomebody\b|\bwhoever\b/i, 'name who, or say what is missing'],
  [/\banew\b/i, 'again'],
  [/\bmend\b/i, 'fix'],
  [/\bin vain\b|\bcame? about\b/i, 'timed out waiting for'],
  [
    /\b(?:is|are) told\b|\bsay so\b|\b(?:does not|could not be|cannot be|has never|have never) (?:tell|told)\b/i,
    'report',
  ],
  [/\bwhat is had\b/i, 'say what was collected'],
  [/\bfault of its own\b/i, 'internal error'],
  [/\bhow long it is good\b/i, 'lifetime'],
  [/\bgo(?:es)? on\b/i, 'continue'],
  [/\b(?:take|takes|taken|put|puts|went|goes?) back\b|\bthe way back\b|\bas it was\b/i, 'roll back, restore'],
  [/\bput aside\b/i, 'move aside'],
  [/\bbelieve any CA\b/i, 'skip CA verification (insecure)'],
  [/\bin between can\b/i, 'a man in the middle'],
  [/\bimpostor\b|\bknowingly\b/i, 'to verify the cluster; to skip verification'],
  [/\bknows? no\b/i, 'not found, unknown, does not support'],
  [/\b(?:lets?|let) (?:nobody|no)\b/i, 'rejected, does not allow'],
  [/\bas it stands\b/i, 'as printed'],
  [/\b(?<!there )is no (?!longer\b|more\b)/i, 'is not a'],
  [/\bholds? no\b/i, 'contains no, has no'],
  [/\bpull the plug\b/i, 'force power-off'],
  [/\bmay be run again\b/i, 'is idempotent'],
  [/\basked for\b/i, 'requested'],
  [/\bunder way\b/i, 'in progress'],
  [/\blook (?:whether|why)\b/i, 'check whether, find out why'],
  [/\bsome minutes\b/i, 'a few minutes'],
  [/\bin the end\b/i, 'at the end'],
  [/\btimes 1\b/i, 'batches of 1 node'],
  [/\bin the midst\b/i, 'halfway'],
  [/\bstands? (?:before|behind|there|twice|below)\b|\b(?:is|are) written down\b/i, 'is listed, sorts before'],
  [/\ball the same\b/i, 'anyway'],
  [/\bwithout a word\b/i, 'without output'],
  [/\bspeaks? .{1,20} alone\b|\bloopback alone\b/i, 'only'],
  [/\b(?:is|are) (?:wanted|of the vendor's)\b|\bwanted is\b/i, 'expected, requested'],
  [/\bhave certificates issued\b/i, 'request certificates'],
];

/** Texts that keep such words: another program's, whose answers are imitated or quoted, or names of things. */
const ALLOWED: readonly RegExp[] = [];

function findings(where: string, text: string): string[] {
  const allowed = ALLOWED.reduce((rest, each) => rest.replaceAll(each, ''), text);
  return BANNED.flatMap(([word, better]) => {
    const match = word.exec(allowed);
    if (!match) return [];
    const { index } = match;
    const shown = allowed.slice(Math.max(0, index - 40), index + match[0].length + 40);
    return [`${where}: "${shown}": say "${better}"`];
  });
}

const root = new URL('../../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');
const files = (...patterns: string[]): string[] => globSync(patterns, { cwd: root }).sort();

interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly cooked?: string;
}

/** The string literals and the constant parts of templates of a TypeScript file, but for what it imports. */
function literals(file: string): string[] {
  const found: string[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, value, cooked } = node as Node;
    if (type === 'ImportDeclaration') return;
    if (type === 'StringLiteral') found.push(String(value));
    if (type === 'TemplateElement') found.push(cooked ?? '');
    for (const child of Object.values(node)) walk(child);
  };
  walk(parseSync(read(file), { syntax: 'typescript', target: 'esnext' }));
  return found;
}

const COMMENT = /^\s*(?:\/\*\*?|\*|\/\/)(?:\s|$)|\s\/\/\s/;

/** The comments of a TypeScript file; consecutive lines are one text, so that a phrase may span a line break. */
function comments(file: string): string[] {
  const found = [''];
  for (const line of read(file).split('\n')) {
    const match = COMMENT.exec(line);
    if (match) found.push(`${found.pop()} ${line.slice(match.index + match[0].length).trim()}`);
    else if (found.at(-1) !== '') found.push('');
  }
  return found;
}

describe('style', () => {
  it('what help and the catalogue of errors say has no word that docs/style.md bans', () => {
    assert.deepEqual(
      ['oclif.manifest.json', 'package.json'].flatMap((file) => findings(file, read(file))),
      [],
    );
  });

  it('what programs say at run time has no word that docs/style.md bans', () => {
    const sources = files('src/**/*.ts', 'sandbox/**/*.ts', 'scripts/dist/entry/*.ts');
    assert.deepEqual(
      sources.flatMap((file) => literals(file).flatMap((text) => findings(file, text))),
      [],
    );
  });

  it('comments have no word that docs/style.md bans', () => {
    const sources = files('{src,sandbox,scripts,test/testbed}/**/*.ts').filter((file) => !file.endsWith('.d.ts'));
    assert.deepEqual(
      sources.flatMap((file) => comments(file).flatMap((text) => findings(file, text))),
      [],
    );
  });

  it('what is written to nodes and shells has no word that docs/style.md bans', () => {
    assert.deepEqual(
      files('templates/**/*.*').flatMap((file) => findings(file, read(file))),
      [],
    );
  });

  it('the pages have no word that docs/style.md bans', () => {
    const pages = files('*.md', 'llms.txt', 'docs/**/*.md').filter((file) => file !== 'docs/style.md');
    assert.deepEqual(
      pages.flatMap((file) =>
        read(file)
          .split('\n')
          .flatMap((line, at) => findings(`${file}:${at + 1}`, line)),
      ),
      [],
    );
  });
});
