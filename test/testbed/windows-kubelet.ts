import { globSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { cached, type Say, timed } from './cache.ts';
import { sourceFolder, sourceVersion, unpackSource } from './kubernetes.ts';
import { worldNamed } from './worlds.ts';

/** Wine's library of performance counters knows none that a kubelet asks for. */
const counters = {
  from: join(import.meta.dirname, 'windows-kubelet/pdh.go'),
  to: 'vendor/github.com/JeffAshton/win_pdh',
};

/** Wine takes a call for a symlink and makes nothing; it has hard links. */
const certificates = {
  file: 'staging/src/k8s.io/client-go/util/certificate/certificate_store.go',
  changes: [
    ['fi.Mode()&os.ModeSymlink != os.ModeSymlink', 'fi.IsDir()'],
    ['os.Symlink(', 'os.Link('],
  ],
} as const;

/** The clouds of vendors are half of the work, and no test's business. */
const tags = 'providerless';
const env = { GO111MODULE: 'off', CGO_ENABLED: '0', GOOS: 'windows', GOFLAGS: '-buildvcs=false' };

const guide = worldNamed('guide');
/** The same source under other numbers: while Go's build cache is there, another one is linked in seconds. */
const versions = [guide.kubernetes, ...guide.otherVersions];

/**
 * A kubelet for Windows from the source of the guide's Kubernetes, changed in two places for wine. `prepare` has to
 * have installed what it is built with.
 * @param version one of the guide's
 * @returns its path in the cache
 */
export async function windowsKubelet(say: Say, version = guide.kubernetes): Promise<string> {
  const recipe = {
    source: `kubernetes ${sourceVersion} of Debian 12`,
    counters: await readFile(counters.from, 'utf8'),
    certificates,
    tags,
    env,
    versions,
  };
  // Whatever begins with `kubernetes-` shares a lock, and the folder of the source.
  const dir = await cached(`kubernetes-windows-${sourceVersion}`, recipe, (dir) =>
    timed(say, `kubelets for Windows from Debian's source (some minutes, the first time)`, async () => {
      const tree = await unpackSource(sourceVersion);
      await changeFor(tree);
      const gopath = join(sourceFolder, 'gopath');
      await mkdir(join(gopath, 'src/k8s.io'), { recursive: true });
      await rename(tree, join(gopath, 'src/k8s.io/kubernetes'));
      for (const each of versions) {
        const flags = ['-trimpath', `-tags=${tags}`, `-ldflags=${linkerFlags(each)}`];
        await execa('go', ['build', ...flags, '-o', `${join(dir, each)}/`, 'k8s.io/kubernetes/cmd/kubelet'], {
          env: { ...env, GOPATH: gopath, GOCACHE: join(sourceFolder, 'gocache') },
        });
      }
      await rm(sourceFolder, { recursive: true });
    }),
  );
  return join(dir, version, 'kubelet.exe');
}

async function changeFor(tree: string): Promise<void> {
  for (const file of globSync(join(tree, counters.to, '*.go'))) await rm(file);
  await cp(counters.from, join(tree, counters.to, basename(counters.from)));
  const file = join(tree, certificates.file);
  let text = await readFile(file, 'utf8');
  for (const [from, to] of certificates.changes) {
    if (!text.includes(from)) throw new Error(`${certificates.file} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  await writeFile(file, text);
}

function linkerFlags(version: string): string {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const variables = Object.entries(values).map(
    ([name, value]) => `-X k8s.io/kubernetes/vendor/k8s.io/component-base/version.${name}=${value}`,
  );
  return ['-s', '-w', ...variables].join(' ');
}
