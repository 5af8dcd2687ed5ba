import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { release } from '../dist/release.ts';
import { buildImage } from './image.ts';

const APPLETS = ['sh', 'mkdir', 'rmdir', 'mount', 'umount', 'chroot', 'kill'];

export interface UpgradeImage {
  /** Full name with its tag. */
  name: string;
  /** The folder of a bundle that goes into the image. */
  bundle: string;
  /** The tar file to write. */
  out: string;
}

/** Makes the image that `edgeadm cluster upgrade` runs in Jobs, as docs/cluster-upgrade.md has it: the Debian package. */
export async function buildUpgradeImage({ name, bundle, out }: UpgradeImage): Promise<void> {
  const unpacked = await mkdtemp(join(tmpdir(), 'edgeadm-image-'));
  try {
    const [deb = ''] = (await execa('find', [await release(), '-name', 'edgeadm_*_amd64.deb'])).stdout.split('\n');
    await execa('dpkg-deb', ['--extract', deb, unpacked]);
    await buildImage({
      name,
      entrypoint: ['/usr/bin/edgeadm'],
      files: [{ from: '/bin/busybox', to: '/bin/busybox' }],
      trees: [
        { from: join(unpacked, 'usr'), to: '/usr' },
        { from: bundle, to: '/bundle' },
      ],
      links: Object.fromEntries(APPLETS.map((applet) => [`/bin/${applet}`, 'busybox'])),
      out,
    });
  } finally {
    await rm(unpacked, { recursive: true });
  }
}
