import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { projectDir, stateDir } from './config.ts';
import { buildImage } from './image.ts';

/** Where the image has the program; found from there, wherever the image's root is mounted. */
const HOME = '/usr/lib/edgeadm';
const LOADER = '/lib64/ld-linux-x86-64.so.2';
const APPLETS = ['sh', 'mkdir', 'rmdir', 'mount', 'umount', 'chroot', 'kill', 'cat', 'ls'];

/** Starts Node.js under its own loader and libraries: a node's may be older, or others. */
const LAUNCHER = `#!/bin/sh
home="\${0%/usr/bin/edgeadm}${HOME}"
exec "$home/ld.so" --library-path "$home/libs" "$home/node" "$home/app/bin/run.js" "$@"
`;

export interface UpgradeImage {
  /** Full name with its tag. */
  name: string;
  /** The folder of a bundle that goes into the image. */
  bundle?: string;
  /** The tar file to write. */
  out: string;
}

/** Makes the image that `edgeadm cluster upgrade` runs in Jobs, of the program as it is built now. */
export async function buildUpgradeImage({ name, bundle, out }: UpgradeImage): Promise<void> {
  const node = join(projectDir, 'node_modules/node/bin/node');
  const launcher = join(stateDir, 'launcher.sh');
  await writeFile(launcher, LAUNCHER);
  const libraries = await librariesOf(node);
  const app = ['bin', 'lib', 'templates', ...(await productionPackages())];
  await buildImage({
    name,
    entrypoint: ['/usr/bin/edgeadm'],
    files: [
      { from: launcher, to: '/usr/bin/edgeadm' },
      { from: node, to: `${HOME}/node` },
      { from: LOADER, to: `${HOME}/ld.so` },
      ...libraries.map((from) => ({ from, to: `${HOME}/libs/${from.split('/').at(-1)}` })),
      { from: '/bin/busybox', to: '/bin/busybox' },
      ...['package.json', 'oclif.manifest.json'].map((file) => ({
        from: join(projectDir, file),
        to: `${HOME}/app/${file}`,
        mode: 0o644,
      })),
    ],
    trees: [
      ...app.map((each) => ({ from: join(projectDir, each), to: `${HOME}/app/${each}` })),
      ...(bundle === undefined ? [] : [{ from: bundle, to: '/bundle' }]),
    ],
    links: Object.fromEntries(APPLETS.map((applet) => [`/bin/${applet}`, 'busybox'])),
    out,
  });
}

async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await execa('ldd', [program]);
  return [...stdout.matchAll(/=> (\/\S+)/g)].map(([, path]) => path ?? '');
}

/** Folders of what the program needs in a Job, relative to the project: it calls no cloud and reads no kubeconfig there. */
async function productionPackages(): Promise<string[]> {
  const args = ['ls', '--omit=dev', '--all', '--parseable'];
  const { stdout } = await execa('npm', args, { cwd: projectDir, reject: false });
  const folders = stdout.split('\n').map((path) => relative(projectDir, path));
  const own = folders.filter((folder) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(folder));
  return own.filter((folder) => !/\/(@alicloud|@kubernetes)\//.test(folder));
}
