import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Journal } from '../../../src/host/journal/journal.ts';
import { nodeTraces } from '../../../src/phases/reset/node-traces.ts';
import { type FakeNode, fakeHost } from '../fake-host.ts';
import { assertFinds, assertOk } from '../phases/preflight/context.ts';
import { ADVICE } from './advice-table.ts';

interface Manifest {
  readonly commands: Readonly<Record<string, { readonly flags?: Readonly<Record<string, unknown>> }>>;
}

const ROOT = join(import.meta.dirname, '../../..');
const { commands } = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as Manifest;

/** Every command of edgeadm that a text of the program tells a user to run: between back-quotes, or as a next step. */
function advised(): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    for (const [, back, next] of readFileSync(path, 'utf8').matchAll(
      /\\?`edgeadm ([^`\\\n]+)\\?`|next: ['`]edgeadm ([^'`\n]+)/g,
    ))
      found.set((back ?? next ?? '').trim(), path.slice(ROOT.length + 1));
  }
  return found;
}

/** The words of a command line that name the command; prose in back-quotes has none. */
function commandIn(line: string): string | undefined {
  const words = line.split(/[\s,;(]+/);
  for (let count = 4; count > 0; count--) {
    const id = words.slice(0, count).join(':');
    if (Object.hasOwn(commands, id)) return id;
  }
  return undefined;
}

/** The texts in `src` that name a command of edgeadm, comments and descriptions of commands left out. */
function advisedCommands(): { file: string; line: number; id: string }[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !file.startsWith('commands/'))
    .flatMap((file) =>
      readFileSync(join(ROOT, 'src', file), 'utf8')
        .split('\n')
        .flatMap((text, i) =>
          /^\s*(\/\/|\*|\/\*)/.test(text)
            ? []
            : [...text.matchAll(/(?<![\w/-])edgeadm ([a-z][^`'"\\]*)/g)].flatMap(([, words = '']) => {
                const id = commandIn(words.replaceAll(':', ' '));
                return id === undefined ? [] : [{ file, line: i + 1, id }];
              }),
        ),
    );
}

/** The code in whose entry of the catalogue a line is. */
function codeAt(line: number): string {
  const before = readFileSync(join(ROOT, 'src/errors/codes.ts'), 'utf8').split('\n').slice(0, line);
  return before.flatMap((text) => /^ {2}([A-Z_]+): \{/.exec(text)?.[1] ?? []).at(-1) ?? '';
}

function testTexts(): string {
  const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(ROOT, 'test', file), 'utf8'))
    .join('\n');
}

describe('advice', () => {
  it('the commands that errors and checks advise exist, with the flags that they name', () => {
    const lines = advised();
    assert.ok(lines.size > 30, `only ${lines.size} are found`);
    const wrong: string[] = [];
    for (const [line, path] of lines) {
      const id = commandIn(line);
      if (id === undefined) {
        // A topic, a command that is put together, or prose at the begin of a template.
        const [first = ''] = line.split(/\s/);
        const isTopic = Object.keys(commands).some((known) => known.startsWith(`${first}:`));
        if (!isTopic && !/^(COMMAND$|\.{3}|\$\{|--|help|joins )/.test(line))
          wrong.push(`${path}: edgeadm ${line}: no such command`);
        continue;
      }
      const known = new Set(['help', ...Object.keys(commands[id]?.flags ?? {})]);
      for (const [, flag = ''] of (line.split(/[,;]/)[0] ?? '').matchAll(/--([a-z][a-z0-9-]+)/g))
        if (!known.has(flag) && !known.has(flag.replace(/^no-/, '')))
          wrong.push(`${path}: edgeadm ${line}: no --${flag}`);
    }
    assert.deepEqual(wrong, []);
  });

  it('no command that is advised leads back to the error that advises it: each has a test that goes the way', () => {
    const found = new Map<string, string>();
    for (const { file, line, id } of advisedCommands()) {
      const key = `${file === 'errors/codes.ts' ? codeAt(line) : file} ${id}`;
      found.set(key, `src/${file}:${line}`);
    }
    const titles = testTexts();
    const wrong: string[] = [];
    for (const [key, place] of found) if (!ADVICE[key]) wrong.push(`${place}: ${key} is not in advice-table.ts`);
    for (const [key, { proof }] of Object.entries(ADVICE)) {
      if (!found.has(key)) wrong.push(`${key} is advised no more`);
      if (typeof proof === 'object' && !titles.includes(proof.test))
        wrong.push(`${key}: there is no test "${proof.test}"`);
    }
    assert.deepEqual(wrong, []);
  });

  const TRACES: readonly { readonly source: string; readonly check: string; readonly files: FakeNode['files'] }[] = [
    {
      source: 'labring/sealos#390: ca.crt of an earlier try',
      check: 'FileAvailable--etc-kubernetes-pki-ca.crt',
      files: { '/etc/kubernetes/pki/ca.crt': 'PEM' },
    },
    {
      source: 'kubernetes/kubeadm#1294: kubelet.conf of another tool',
      check: 'FileAvailable--etc-kubernetes-kubelet.conf',
      files: { '/etc/kubernetes/kubelet.conf': 'clusters: []' },
    },
    {
      source: 'kubernetes/kubeadm#1118: bootstrap-kubelet.conf of a join that failed',
      check: 'FileAvailable--etc-kubernetes-bootstrap-kubelet.conf',
      files: { '/etc/kubernetes/bootstrap-kubelet.conf': 'clusters: []' },
    },
    {
      source: 'k0sproject/k0s#1112: a static pod that was left',
      check: 'DirAvailable--etc-kubernetes-manifests',
      files: { '/etc/kubernetes/manifests/haproxy.yaml': 'kind: Pod' },
    },
  ];

  for (const { source, check, files } of TRACES) {
    it(`a machine that preflight sends to reset is one that reset works on: ${source}`, async () => {
      const { remedy } = await assertFinds(check, 'error', /./, { machine: { files } });
      assert.match(remedy ?? '', /edgeadm reset/);
      const host = fakeHost({ files });
      const traces = await nodeTraces(
        host,
        Journal.empty({ name: 'node' } as unknown as Parameters<typeof Journal.empty>[0]),
      );
      assert.equal(traces.joinedBy, 'other');
    });
  }

  it('a manifests folder with a dot file alone has no static pods (.gitkeep of an image builder)', async () => {
    const files = { '/etc/kubernetes/manifests/.gitkeep': '' };
    await assertOk('DirAvailable--etc-kubernetes-manifests', { machine: { files } });
  });
});
