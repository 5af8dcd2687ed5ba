import assert from 'node:assert/strict';
import { checkDevices, isDevicePath } from '../../../../src/phases/storage/devices.ts';

const row = (name: string, parent: string, type: string, mount = '', content = '') =>
  `NAME="${name}" PKNAME="${parent}" TYPE="${type}" SIZE="1073741824" MOUNTPOINT="${mount}" FSTYPE="${content}"`;

/** Columns as lsblk of util-linux 2.23 (CentOS 7) and of 2.38 prints them. */
const LSBLK = [
  row('/dev/sda', '', 'disk'),
  row('/dev/sda1', '/dev/sda', 'part', '/', 'ext4'),
  row('/dev/sda2', '/dev/sda', 'part'),
  row('/dev/sdb', '', 'disk'),
  row('/dev/sdb1', '/dev/sdb', 'part'),
  row('/dev/sdc', '', 'disk'),
  row('/dev/sdd', '', 'disk', '/data', 'xfs'),
  row('/dev/sde', '', 'disk', '', 'ext4'),
  row('/dev/sdf', '', 'disk', '', 'LVM2_member'),
  row('/dev/sdg', '', 'disk', '', 'LVM2_member'),
  row('/dev/mapper/other-data', '/dev/sdg', 'lvm'),
  row('/dev/sdh', '', 'disk', '', 'swap'),
  row('/dev/sr0', '', 'rom'),
].join('\n');
const LINKS: Readonly<Record<string, string>> = { '/dev/disk/by-id/data': '/dev/sdc' };

/** A node with these disks. */
const node = {
  exec: async (file: string, args: readonly string[]) => {
    const last = args.at(-1) ?? '';
    const outputs: Readonly<Record<string, string>> = {
      lsblk: LSBLK,
      pvs: '  /dev/sdf volumegroup1\n  /dev/sdg other\n',
      readlink: `${LINKS[last] ?? last}\n`,
    };
    return { exitCode: file in outputs ? 0 : 127, stdout: outputs[file] ?? '', stderr: '' };
  },
  readFile: async () => Buffer.from('Filename Type Size Used Priority\n/dev/sdh partition 1 0 -2\n'),
};

describe('disks for a volume group', () => {
  for (const [device, ok, found] of [
    ['/dev/sdb1', true, /^unused$/],
    ['/dev/disk/by-id/data', true, /^unused$/],
    ['/dev/sda2', true, /unused, on the system disk/],
    ['/dev/sdf', true, /already in volume group volumegroup1/],
    ['/dev/sda', false, /the system disk/],
    ['/dev/sda1', false, /the system disk/],
    ['/dev/sdb', false, /in use: \/dev\/sdb1/],
    ['/dev/sdd', false, /mounted at \/data/],
    ['/dev/sde', false, /holds ext4/],
    ['/dev/sdg', false, /belongs to volume group other/],
    ['/dev/sdh', false, /swap/],
    ['/dev/sr0', false, /type rom/],
    ['/dev/sdz', false, /not found/],
  ] as const)
    it(`${device} ${ok ? 'can' : 'cannot'} be given to a volume group`, async () => {
      const [check] = await checkDevices(node, 'volumegroup1', [device]);
      assert.equal(check?.ok, ok, check?.found ?? '');
      assert.match(check?.found ?? '', found);
    });

  it('a node whose disks cannot be listed is an error, not a node without disks', async () => {
    const exec = async () => ({ exitCode: 127, stdout: '', stderr: 'not found' });
    await assert.rejects(checkDevices({ ...node, exec }, 'a', ['/dev/sdb']), { code: 'COMMAND_FAILED' });
  });

  it('a device is a path below /dev, and nothing that a shell or a program takes for something else', () => {
    for (const path of ['/dev/sdb', '/dev/disk/by-id/wwn-0x5000', '/dev/mapper/a-b'])
      assert.ok(isDevicePath(path), path);
    for (const path of ['sdb', '/dev/../etc/passwd', '/dev/sd b', '/dev/', '-a', '/dev/a;b'])
      assert.ok(!isDevicePath(path), path);
  });
});
