import { chmodSync, globSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cached, type Say, timed } from './cache.ts';
import { cacheDir } from './config.ts';
import type { ModuleSource } from './worlds.ts';

/** The Go that builds modules. It is fetched as a module itself, so that it is the same on every machine. */
const goVersion = 'go1.26.8';

/** Go's caches and the sources: 8 GB after a build of Kubernetes. */
const folder = join(cacheDir, 'go');

const environment = {
  CGO_ENABLED: '0',
  GO111MODULE: 'on',
  GOCACHE: join(folder, 'build'),
  GOFLAGS: '-mod=mod -modcacherw -trimpath -buildvcs=false',
  GOMODCACHE: join(folder, 'modules'),
  GOTOOLCHAIN: 'local',
};

interface Download {
  readonly Dir: string;
  readonly GoMod: string;
}

/**
 * Programs of a module that is not ours, built with the dependencies that its own go.mod names.
 * @param name of the folder in the cache
 * @param variables what the linker sets, as `package.name=value`
 * @returns their folder; each has the name of its package's folder
 */
export function goPrograms(
  say: Say,
  name: string,
  source: ModuleSource,
  variables: readonly string[] = [],
): Promise<string> {
  // Whatever begins with `go-` shares a lock: builds share a folder, and follow each other.
  return cached(`go-${name}`, { goVersion, source, variables }, (dir) =>
    timed(say, `${source.module} ${source.version} from Go modules`, () => build(source, dir, variables)),
  );
}

async function build(source: ModuleSource, out: string, variables: readonly string[]): Promise<void> {
  const cwd = join(folder, 'main');
  await mkdir(cwd, { recursive: true });
  const go = await fetchGo();
  const { GoMod } = await download(go, `${source.module}@${source.version}`);
  await writeFile(join(cwd, 'go.mod'), mainModule(source, await readFile(GoMod, 'utf8')));
  await rm(join(cwd, 'go.sum'), { force: true });
  const packages = source.programs.map((program) => join(source.module, program));
  const flags = ['-s', '-w', ...variables.map((variable) => `-X ${variable}`)].join(' ');
  await execa(go, ['build', `-ldflags=${flags}`, '-o', `${out}/`, ...packages], { cwd, env: environment });
  // What is left serves no other build: the next one is of other versions.
  await rm(folder, { recursive: true });
}

/** A module of one requirement, with the language version of the required one. */
function mainModule({ module, version }: ModuleSource, goMod: string): string {
  const [, language] = /^go (\S+)$/m.exec(goMod) ?? [];
  const lines = ['module testbed', `go ${language}`, `require ${module} ${version}`];
  // Kubernetes names the modules of its own repository with v0.0.0, and means those of the same minor and patch version.
  for (const [, staged] of goMod.matchAll(/^\t(k8s\.io\/\S+) v0\.0\.0$/gm))
    lines.push(`replace ${staged} => ${staged} ${version.replace(/^v1\./, 'v0.')}`);
  return `${lines.join('\n')}\n`;
}

/** Any Go that knows modules can fetch another. A module's files cannot be executed until that is allowed. */
async function fetchGo(): Promise<string> {
  const { Dir } = await download('go', `golang.org/toolchain@v0.0.1-${goVersion}.linux-amd64`);
  for (const program of globSync(join(Dir, '{bin,pkg/tool/*}/*'))) chmodSync(program, 0o755);
  return join(Dir, 'bin/go');
}

async function download(go: string, module: string): Promise<Download> {
  const { stdout } = await execa(go, ['mod', 'download', '-json', module], { cwd: cacheDir, env: environment });
  return JSON.parse(stdout) as Download;
}
