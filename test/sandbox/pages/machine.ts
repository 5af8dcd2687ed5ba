/**
 * A machine on which a page is pasted: a folder with the files that the page downloads, and a PATH whose programs stand
 * for those that need a network, Docker or root. `edgeadm` is the built program. A command that works on the node gets the
 * root of a node of the sandbox.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { imageTar, program, tgz } from '../../unit/artifacts/fixtures.ts';
import { COMPILED, PROGRAM } from '../program.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');
const BLOCK_LIMIT_MS = 400_000;

export interface PageMachine {
  readonly folder: string;
  /** Runs commands of a page in one bash after the other's state; gives back what each block printed. */
  paste(blocks: readonly string[]): Promise<string[]>;
  /** A cluster and a node in the sandbox, as SERVER, HASH and the file `token`. */
  node(system: readonly string[]): Promise<void>;
  remove(): Promise<void>;
}

/** Files under the names that their projects release them. */
const FILES: Record<string, Buffer> = {
  kubelet: program('amd64', 'kubelet'),
  kubectl: program('amd64', 'kubectl'),
  'runc.amd64': program('amd64', 'runc'),
  'cni-plugins-linux-amd64-v1.5.0.tgz': tgz(
    ['loopback', 'bridge', 'host-local', 'portmap'].map((path) => ({ path, data: program('amd64', path) })),
  ),
  'containerd-1.7.24-linux-amd64.tar.gz': tgz(
    ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((name) => ({
      path: `bin/${name}`,
      data: program('amd64', name),
    })),
  ),
  'pause.tar': imageTar(['registry.k8s.io/pause:3.6']),
  'edge-hub.tar': imageTar(['registry.example.com/edge-hub:v1']),
};

const node = `${JSON.stringify(process.execPath)}`;

function programs(files: string): Record<string, string> {
  const own = PROGRAM.map((word) => JSON.stringify(word)).join(' ');
  return {
    edgeadm: `case " $* " in
" sandbox up "*" --port "*) ;;
" sandbox up "*) set -- "$@" --port 0 ;;
*" --root "*|*" --help "*|" join phases "*) ;;
" join "*|" preflight "*|" reset "*|" diagnose "*) set -- "$@" --root "$NODE_ROOT" ;;
esac
exec ${own} "$@"`,
    // The file of the last part of the URL; the sum of it where that is asked for.
    curl: `for url in "$@"; do :; done
name=\${url##*/}
case $name in
*.sha256) sha256sum < ${files}/"\${name%.sha256}" | cut -d ' ' -f 1 ;;
*) cp ${files}/"$name" . ;;
esac`,
    docker: `[ "$1" = pull ] || cp ${files}/"$3" .`,
    kubectl: `exec ${own} sandbox "$@"`,
    jq: `exec ${node} -e '
const [path, file = 0] = process.argv.slice(1).filter((word) => !/^-[re]+$/.test(word));
const value = JSON.parse(require("fs").readFileSync(file, "utf8").trim().split("\\n").at(-1));
console.log(path.replaceAll(/\\[(\\d+)\\]/g, ".$1").split(".").filter(Boolean).reduce((object, key) => object[key], value));
' -- "$@"`,
  };
}

export async function pageMachine(): Promise<PageMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeadm-docs-'));
  const [bin, files, home] = ['bin', 'files', 'home'].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [bin, files, home]) await mkdir(path);
  const own = await readFile(join(PROJECT, 'bin/run.js'));
  for (const [name, bytes] of Object.entries({ ...FILES, 'edgeadm-linux-amd64': own }))
    await writeFile(join(files, name), bytes);
  const stubs = programs(files);
  for (const [name, text] of Object.entries(stubs))
    await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const path = `${bin}:${process.env.PATH}`;
  const env: Record<string, string> = { PATH: path, HOME: home, LC_ALL: 'C', NO_COLOR: '1', ...COMPILED };

  const bash = async (script: string): Promise<string> => {
    const ended = await execa('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
      ...{ cwd: home, reject: false, all: true, extendEnv: false, env, input: '', timeout: BLOCK_LIMIT_MS },
    });
    if (ended.exitCode !== 0) throw new Error(`exit code ${ended.exitCode}:\n${ended.all}`);
    return ended.all;
  };

  return {
    folder: home,
    paste: async (blocks) => {
      const mark = '@@ end of block @@';
      const text = await bash(blocks.map((block) => `set +x\n${block}\nprintf '\\n%s\\n' '${mark}'`).join('\n'));
      return text.split(`\n${mark}`).map((part) => part.replace(/^\n/, ''));
    },
    node: async (system) => {
      await bash('edgeadm sandbox up --background --kubernetes-version 1.20');
      const create = ['sandbox', 'node', 'create', 'edge1', '-o', 'json', ...system.map((word) => `'${word}'`)];
      const made = await bash(`edgeadm ${create.join(' ')}`);
      const { joinLine, root } = JSON.parse(made.trim().split('\n').at(-1) ?? '').data as Record<string, string>;
      const [, server, token, hash] = /join (\S+) .*--token (\S+) .*-hash (\S+)/.exec(joinLine ?? '') ?? [];
      await writeFile(join(home, 'token'), `${token}\n`);
      const exported = JSON.parse((await bash('edgeadm sandbox env -o json')).trim().split('\n').at(-1) ?? '').data;
      Object.assign(env, exported, { SERVER: server, HASH: hash, NODE_ROOT: root });
    },
    remove: async () => {
      await bash('edgeadm sandbox down').catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Puts the files that a page takes from an earlier page into the folder. */
export async function withFiles(machine: PageMachine): Promise<void> {
  const files = join(machine.folder, '../files');
  const names = await readdir(files);
  for (const name of names) await writeFile(join(machine.folder, name), await readFile(join(files, name)));
  const own = await readFile(join(machine.folder, '../bin/edgeadm'));
  const sum = createHash('sha256').update(own).digest('hex');
  await writeFile(join(machine.folder, 'edgeadm-linux-amd64'), own);
  await writeFile(join(machine.folder, 'SHA256SUMS'), `${sum}  edgeadm-linux-amd64\n`);
}
