/** The Debian package and the rpm: the same files, unpacked where they stay. */
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { placesOf } from '../../src/cli/completion/places.ts';
import { type CompletionShell, completionScript } from '../../src/cli/completion/script.ts';
import type { Arch } from './debian-packages.ts';
import { manPage } from './man-page.ts';
import { ROOT } from './paths.ts';
import { BUILT_AT, makeSameEverywhere } from './same-everywhere.ts';
import type { Tree } from './self-extracting.ts';

const HOME = '/usr/lib/edgeadm';
const EPOCH = String(BUILT_AT.getTime() / 1000);

interface About {
  readonly version: string;
  readonly description: string;
}

/** A root with the files of the package. */
export async function packageRoot(tree: Tree, about: About, dir: string): Promise<string> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(join(dir, HOME), { recursive: true });
  for (const name of tree.files) await cp(join(tree.dir, name), join(dir, HOME, name), { mode: 0 });
  // A Job of a cluster upgrade starts it where the root of its image is mounted in that of a node.
  const start = `#!/bin/sh
root=\${0%/usr/bin/edgeadm}
[ "$root" != "$0" ] || root=
home=$root${HOME}
EDGEADM_FILE=$root/usr/bin/edgeadm
export EDGEADM_FILE
exec "$home/${tree.loader}" --inhibit-cache --library-path "$home" "$home/edgeadm" "$@"
`;
  const manifest = JSON.parse(await readFile(join(ROOT, 'oclif.manifest.json'), 'utf8'));
  const page = gzipSync(manPage(manifest, about.description), { level: 9 });
  await put(dir, 'usr/bin/edgeadm', start, 0o755);
  await put(dir, 'usr/share/man/man8/edgeadm.8.gz', page);
  await put(dir, 'usr/share/bash-completion/completions/edgeadm', await completionFor('bash'));
  await put(dir, 'usr/share/fish/vendor_completions.d/edgeadm.fish', await completionFor('fish'));
  await put(dir, 'usr/share/doc/edgeadm/copyright', await readFile(join(ROOT, 'LICENSE')));
  await put(dir, 'usr/share/doc/edgeadm/README.md', await readFile(join(ROOT, 'README.md')));
  await makeSameEverywhere(dir);
  return dir;
}

export async function completionFor(shell: CompletionShell): Promise<string> {
  const [manifest, { oclif }] = await Promise.all(
    ['oclif.manifest.json', 'package.json'].map(async (name) => JSON.parse(await readFile(join(ROOT, name), 'utf8'))),
  );
  const topics = Object.entries(oclif.topics as Record<string, { description: string }>);
  const descriptions = new Map(topics.map(([name, { description }]) => [name, description]));
  return completionScript(shell, placesOf(Object.values(manifest.commands), descriptions));
}

/** Where zsh looks is another place for each family of distributions. */
const ZSH = { deb: 'usr/share/zsh/vendor-completions/_edgeadm', rpm: 'usr/share/zsh/site-functions/_edgeadm' };

async function put(dir: string, name: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(join(dir, name, '..'), { recursive: true, mode: 0o755 });
  await writeFile(join(dir, name), content, { mode });
}

/** Writes `edgeadm_VERSION_ARCH.deb` into `out`; @returns its name */
export async function debianPackage(
  root: string,
  arch: Arch,
  { version, description }: About,
  out: string,
): Promise<string> {
  const control = `Package: edgeadm
Version: ${version}
Architecture: ${arch}
Maintainer: the authors of edgeadm
Section: admin
Priority: optional
Description: edge nodes of Kubernetes
 ${description}
`;
  await put(root, 'DEBIAN/control', control);
  await put(root, ZSH.deb, await completionFor('zsh'));
  await makeSameEverywhere(root);
  const name = `edgeadm_${version}_${arch}.deb`;
  const options = ['--root-owner-group', '--uniform-compression', '-Zgzip', '-z6'];
  await execa('dpkg-deb', [...options, '--build', root, join(out, name)], { env: { SOURCE_DATE_EPOCH: EPOCH } });
  for (const name of ['DEBIAN', 'usr/share/zsh']) await rm(join(root, name), { recursive: true });
  return name;
}

const RPM_ARCH: Record<Arch, string> = { amd64: 'x86_64', arm64: 'aarch64' };

/** Writes `edgeadm-VERSION-1.ARCH.rpm` into `out`; @returns its name */
export async function rpmPackage(
  root: string,
  arch: Arch,
  { version, description }: About,
  out: string,
): Promise<string> {
  const target = RPM_ARCH[arch];
  await put(root, ZSH.rpm, await completionFor('zsh'));
  await makeSameEverywhere(root);
  // The scripts of rpmbuild do not quote: no path in them may have a blank.
  const work = await mkdtemp(join(tmpdir(), 'edgeadm-rpm-'));
  await symlink(root, join(work, 'root'));
  const spec = `Name: edgeadm
Version: ${version}
Release: 1
Summary: Edge nodes of Kubernetes
License: Apache-2.0
AutoReqProv: no
%description
${description}
%install
cp -a ${work}/root/. %{buildroot}
%files
%defattr(-,root,root)
/usr/bin/edgeadm
/usr/lib/edgeadm
/usr/share/man/man8/edgeadm.8.gz
/usr/share/bash-completion/completions/edgeadm
/usr/share/fish/vendor_completions.d/edgeadm.fish
/${ZSH.rpm}
/usr/share/doc/edgeadm
`;
  await put(work, 'edgeadm.spec', spec);
  const macros: Record<string, string> = {
    ...{ _topdir: work, _rpmdir: work, _build_name_fmt: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' },
    // The programs are done: nothing strips them or writes ids of the build into them.
    ...{ __os_install_post: '%{nil}', debug_package: '%{nil}', _build_id_links: 'none', __strip: '/bin/true' },
    // gzip is what the rpm of CentOS 7 can read, too.
    ...{ _binary_payload: 'w6.gzdio', _buildhost: 'localhost' },
    ...{ use_source_date_epoch_as_buildtime: '1', clamp_mtime_to_source_date_epoch: '1' },
  };
  const defines = Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  await execa('rpmbuild', ['-bb', '--target', target, ...defines, join(work, 'edgeadm.spec')], {
    env: { SOURCE_DATE_EPOCH: EPOCH },
  });
  const name = `edgeadm-${version}-1.${target}.rpm`;
  await copyFile(join(work, name), join(out, name));
  await rm(work, { recursive: true });
  return name;
}
