import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { DebianPackage } from './debian-packages.ts';
import { CACHE } from './paths.ts';

/** Lists of our own, for both architectures: those of the machine stay as they are. */
const lists = join(CACHE, 'apt');
const options = [
  `Dir::State::Lists=${lists}`,
  `Dir::Cache=${lists}`,
  'APT::Architectures::=amd64',
  'APT::Architectures::=arm64',
  'APT::Sandbox::User=root',
].flatMap((option) => ['-o', option]);

/**
 * Downloads Debian packages from the sources this machine takes Debian 12 from.
 * @throws Error of apt-get, for example if a mirror no longer has that version: then the list needs a newer one
 */
export async function aptDownload(packages: readonly DebianPackage[], dir: string): Promise<void> {
  await mkdir(join(lists, 'partial'), { recursive: true });
  await execa('apt-get', [...options, 'update', '-qq']);
  const names = packages.map(({ name, arch, version }) => `${name}:${arch}=${version}`);
  await execa('apt-get', [...options, 'download', '-qq', ...names], { cwd: dir });
}
