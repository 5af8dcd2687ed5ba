import { statfs } from 'node:fs/promises';
import type { Machine } from '../../src/host/machine.ts';

/** A pressure of the node, in the kubelet's words. */
export interface Pressure {
  readonly type: 'DiskPressure' | 'MemoryPressure';
  readonly reason: string;
  readonly message: string;
  /** What the kubelet wants back. */
  readonly resource: string;
}

const DISK: Pressure = {
  type: 'DiskPressure',
  reason: 'KubeletHasDiskPressure',
  message: 'kubelet has disk pressure',
  resource: 'ephemeral-storage',
};
const MEMORY: Pressure = {
  type: 'MemoryPressure',
  reason: 'KubeletHasInsufficientMemory',
  message: 'kubelet has insufficient memory available',
  resource: 'memory',
};

const UNITS: Readonly<Record<string, number>> = { '': 1, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 };

/**
 * The pressures that a kubelet with these thresholds reports. There is no default: the disk of a sandbox node is that
 * of the machine it is on.
 * @param thresholds `evictionHard` of its configuration
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#hard-eviction-thresholds
 */
export async function pressuresOf(machine: Machine, thresholds: Readonly<Record<string, string>>): Promise<Pressure[]> {
  const disk = thresholds['nodefs.available'];
  const memory = thresholds['memory.available'];
  const found: Pressure[] = [];
  if (disk) {
    const { bavail, blocks, bsize } = await statfs(machine.name);
    if (bavail * bsize < bytesOf(disk, blocks * bsize)) found.push(DISK);
  }
  if (memory) {
    const text = (await machine.readFile('/proc/meminfo'))?.toString('utf8') ?? '';
    const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
    const total = kibibytes('MemTotal');
    if ((kibibytes('MemAvailable') || total) * 1024 < bytesOf(memory, total * 1024)) found.push(MEMORY);
  }
  return found;
}

/** `10%` of a total, or a quantity such as `1Gi`. */
function bytesOf(threshold: string, total: number): number {
  const [, number = '0', unit = ''] = /^([\d.]+)(%|Ki|Mi|Gi|)$/.exec(threshold) ?? [];
  return unit === '%' ? (total * Number(number)) / 100 : Number(number) * (UNITS[unit] ?? 1);
}
