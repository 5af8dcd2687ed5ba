import { globSync } from 'node:fs';
import { copyFile, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { aptGet, aptUpdate } from './apt.ts';
import { cached, type Say, timed } from './cache.ts';
import { cacheDir, world } from './config.ts';
import { goPrograms } from './go.ts';
import { worlds } from './worlds.ts';

const nodeCommands = ['kubelet', 'kubectl'];
const commands = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kubeadm', 'kubectl'];

/** The source must lie at one place always: Go's cache keys contain the path. */
export const sourceFolder = join(cacheDir, 'src');
const goCache = join(cacheDir, 'gocache');

/** Its vendored copy, of 2018, makes kubeadm and the API server crash when built with Debian's Go 1.19. */
const reflect2 = {
  from: '/usr/share/gocode/src/github.com/modern-go/reflect2',
  to: 'vendor/github.com/modern-go/reflect2',
};

/** Where the source says which version it is. */
const versionFile = 'hack/lib/version.sh';
export const sourceVersion = 'v1.20.2';

const env = { GO111MODULE: 'off', CGO_ENABLED: '0' };

/**
 * The Kubernetes programs of a version: 1.20 from Debian's source package, others as Go modules.
 * @param version with its `v`
 * @returns the folder of kubelet and kubectl, and of kubeadm and a control plane's programs if a world has that version
 */
export function kubernetes(say: Say, version = world.kubernetes): Promise<string> {
  return version.startsWith('v1.20.') ? fromDebian(say, version) : fromModule(say, version);
}

/** The whole repository is one module, whose commands are programs. A version of no world's control plane is for nodes. */
function fromModule(say: Say, version: string): Promise<string> {
  const wanted = worlds.some(({ kubernetes }) => kubernetes === version) ? commands : nodeCommands;
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const variables = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((folder) =>
    Object.entries(values).map(([name, value]) => `${folder}.${name}=${value}`),
  );
  const source = { module: 'k8s.io/kubernetes', version, programs: wanted.map((name) => `cmd/${name}`) };
  return goPrograms(say, `kubernetes-${version}`, source, variables);
}

/**
 * The source is always 1.20.2's; another patch version is the same program under another number (for upgrades) and
 * costs little, while Go's build cache is there.
 */
function fromDebian(say: Say, version: string): Promise<string> {
  const names = [...commands, 'kube-proxy'];
  const recipe = {
    source: `kubernetes ${sourceVersion} of Debian 12`,
    replaced: reflect2,
    commands: names,
    env,
    version,
  };
  return cached(`kubernetes-${version}`, recipe, (dir) =>
    timed(say, `Kubernetes ${version} from Debian's source (the first build takes 6 to 10 minutes)`, async () => {
      const tree = await unpackSource(version);
      const log = { file: join(cacheDir, 'kubernetes-build.log') };
      await execa('make', ['all', `WHAT=${names.map((name) => `cmd/${name}`).join(' ')}`], {
        cwd: tree,
        env: { ...env, GOFLAGS: `-p=${availableParallelism()}` },
        all: true,
        stdout: [log, 'pipe'],
        stderr: [log, 'pipe'],
      });
      for (const name of names) await copyFile(join(tree, '_output/local/go/bin', name), join(dir, name));
      await rm(sourceFolder, { recursive: true });
    }),
  );
}

/** Removes what serves to build more versions of the guide's Kubernetes. */
export async function removeBuildCache(): Promise<void> {
  await rm(goCache, { recursive: true, force: true });
}

/** Fetches and patches the source, with Go's build cache where its Makefile puts it. */
export async function unpackSource(version: string): Promise<string> {
  await rm(sourceFolder, { recursive: true, force: true });
  await mkdir(sourceFolder, { recursive: true });
  await mkdir(goCache, { recursive: true });
  await aptUpdate();
  await aptGet(['source', '-qq', 'kubernetes'], sourceFolder);
  const tree = globSync(join(sourceFolder, 'kubernetes-*/'))[0];
  if (!tree) throw new Error(`apt-get source left nothing in ${sourceFolder}`);

  const old = join(tree, reflect2.to);
  for (const file of globSync(join(old, '*.{go,s}'))) await rm(file);
  await cp(reflect2.from, old, { recursive: true, filter: (file) => !file.endsWith('_test.go') });

  const versions = await readFile(join(tree, versionFile), 'utf8');
  if (!versions.includes(sourceVersion)) throw new Error(`${versionFile} does not name ${sourceVersion}`);
  await writeFile(join(tree, versionFile), versions.replaceAll(sourceVersion, version));

  await mkdir(join(tree, '_output/local/go'), { recursive: true });
  await symlink(goCache, join(tree, '_output/local/go/cache'));
  return tree;
}
