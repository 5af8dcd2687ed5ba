import { posix } from 'node:path';
import { EdgeadmError } from '../../errors/index.ts';
import type { Machine } from '../../host/machine.ts';

/** A line of lsblk. */
interface BlockDevice {
  /** `/dev/sdb1` */
  readonly name: string;
  /** The disk of a partition; empty for a disk. */
  readonly parent: string;
  /** `disk`, `part`, `lvm`, `rom`, … */
  readonly type: string;
  readonly bytes: number;
  readonly mountPoint: string;
  /** What is on it: `ext4`, `LVM2_member`; empty if nothing is known. */
  readonly content: string;
}

/** Whether a device can be given to a volume group. */
export interface DeviceCheck {
  readonly device: string;
  readonly ok: boolean;
  readonly bytes: number | undefined;
  readonly found: string;
}

/** CentOS 7 has neither --json nor the column PATH. See lsblk(8) of util-linux 2.23. */
const LSBLK = ['--pairs', '--bytes', '--paths', '--output', 'NAME,PKNAME,TYPE,SIZE,MOUNTPOINT,FSTYPE'];
const SYSTEM_PATHS = ['/', '/boot', '/boot/efi', '/usr', '/var'];

/** A device of a Linux machine, by name or by a link to it (`/dev/disk/by-id/…`). */
export function isDevicePath(text: string): boolean {
  return /^\/dev\/[\w.:+@/-]+$/.test(text) && posix.normalize(text) === text;
}

/**
 * Looks at devices of a node; nothing is written.
 * @param group name of the volume group: a device that it has already is well
 * @throws EdgeadmError COMMAND_FAILED if lsblk cannot be run
 */
export async function checkDevices(
  machine: Pick<Machine, 'exec' | 'readFile'>,
  group: string,
  devices: readonly string[],
): Promise<DeviceCheck[]> {
  const { exitCode, stdout, stderr } = await machine.exec('lsblk', LSBLK);
  if (exitCode !== 0)
    throw new EdgeadmError({
      code: 'COMMAND_FAILED',
      what: 'cannot list the block devices of the node with lsblk',
      why: `exit code ${exitCode}: ${stderr.trim()}`,
    });
  const all = blockDevices(stdout);
  const members = await volumeGroupMembers(machine);
  const swaps = swapDevices((await machine.readFile('/proc/swaps'))?.toString('utf8') ?? '');
  const checks: DeviceCheck[] = [];
  for (const device of devices) {
    const real = await followed(machine, device);
    checks.push({ device, ...judge(all, real, { group, member: members.get(real), isSwap: swaps.includes(real) }) });
  }
  return checks;
}

/** lsblk writes `\x20` for a blank. */
function blockDevices(text: string): BlockDevice[] {
  return text.split('\n').flatMap((line) => {
    const fields = new Map([...line.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]));
    const name = fields.get('NAME');
    if (!name) return [];
    const field = (key: string): string => fields.get(key) ?? '';
    return {
      ...{ name, parent: field('PKNAME'), type: field('TYPE'), bytes: Number(field('SIZE')) },
      ...{ mountPoint: field('MOUNTPOINT'), content: field('FSTYPE') },
    };
  });
}

/** By physical volume. Without the LVM tools nothing is one. */
async function volumeGroupMembers(machine: Pick<Machine, 'exec'>): Promise<Map<string, string>> {
  const { exitCode, stdout } = await machine.exec('pvs', ['--noheadings', '--options', 'pv_name,vg_name']);
  if (exitCode !== 0) return new Map();
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/));
  return new Map(rows.map(([device = '', group = '']) => [device, group]));
}

function swapDevices(text: string): string[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/)[0] ?? '');
}

/** Links such as `/dev/disk/by-id/…` name the same device. */
async function followed(machine: Pick<Machine, 'exec'>, device: string): Promise<string> {
  const { exitCode, stdout } = await machine.exec('readlink', ['--canonicalize-existing', '--', device]);
  return exitCode === 0 ? stdout.trim() : device;
}

interface Use {
  readonly group: string;
  readonly member: string | undefined;
  readonly isSwap: boolean;
}

function judge(all: readonly BlockDevice[], name: string, use: Use): Omit<DeviceCheck, 'device'> {
  const found = all.find((each) => each.name === name);
  if (!found) return { ok: false, bytes: undefined, found: 'not found: no such block device' };
  const why = refusal(all, found, use);
  const { bytes, parent } = found;
  if (why !== undefined) return { ok: false, bytes, found: why };
  const member = use.member === use.group ? `already in volume group ${use.group}` : 'unused';
  const disk = all.filter((each) => each.name === parent || each.parent === parent);
  const onSystemDisk = parent !== '' && disk.some(isSystem) ? ', on the system disk' : '';
  return { ok: true, bytes, found: `${member}${onSystemDisk}` };
}

const isSystem = ({ mountPoint }: BlockDevice): boolean => SYSTEM_PATHS.includes(mountPoint);

/** Why a volume group must not have it; undefined if it may. */
function refusal(all: readonly BlockDevice[], device: BlockDevice, { group, member, isSwap }: Use): string | undefined {
  const { name, type, mountPoint, content } = device;
  const below = all.filter(({ parent }) => parent === name);
  if (type !== 'disk' && type !== 'part') return `it is a device of type ${type || 'unknown'}, not a disk or partition`;
  if (member !== undefined && member === group) return undefined;
  if (member) return `it belongs to volume group ${member}`;
  if ([device, ...below].some(isSystem)) return 'it is the system disk, or part of it';
  if (isSwap || mountPoint === '[SWAP]') return 'it is swap space';
  if (mountPoint) return `it is mounted at ${mountPoint}`;
  const parts = below.map((each) => each.name).join(', ');
  if (parts) return `it is in use: ${parts}`;
  return content ? `it holds ${content}: wipe it only if its data is not needed (wipefs ${name} lists it)` : undefined;
}
