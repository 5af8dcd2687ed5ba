import { posix } from 'node:path';
import { PATHS } from '../../../host/node-paths.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';
import type { ReadOnlyHost } from '../read-only-host.ts';

const MEBIBYTE = 1024 * 1024;
/**
 * What a join writes: binaries and unpacked images (a kubelet has 120 MiB, a containerd 100 MiB, the images of a
 * usual bundle 400 MiB unpacked), the kubelet's own state, the journal with its copies; certificates and manifests.
 */
const NEEDED = { images: 832 * MEBIBYTE, kubelet: 128 * MEBIBYTE, journal: 64 * MEBIBYTE, etc: 16 * MEBIBYTE };
/** The kubelet calls its own defaults: below 15 % free for images it evicts pods and taints the node. */
const EVICTION_PERCENT = 15;

export const disk: Check = {
  name: 'Disk',
  concerns: 'node',
  severity: 'error',
  about:
    'The file systems of /var and /etc have enough free space for the join (1 GiB for /var if both are on one); a warning below 15 %, where the kubelet starts to evict pods.',
  remedy: 'Free space on this file system, or enlarge it.',
  run: async (context) => {
    if (!context.host.runsPrograms) return skip('a scratch root uses the disks of this machine');
    const volumes = await volumesOf(context);
    if (volumes.some(({ free }) => free === Number.POSITIVE_INFINITY)) return skip('df does not report the free space');
    const told = volumes.map((volume) => `${volume.paths.join(', ')}: ${describe(volume)}`).join('\n');
    if (volumes.some((volume) => volume.free < volume.needed || volume.freeInodes < 1000)) {
      return fail(told, { code: 'NO_SPACE' });
    }
    const low = volumes.filter((volume) => volume.imagePressure);
    if (low.length === 0) return pass(told);
    return fail(`${told}\nless than ${EVICTION_PERCENT} % free: the kubelet would report DiskPressure`, {
      severity: 'warning',
    });
  },
};

interface Volume {
  readonly paths: readonly string[];
  readonly needed: number;
  readonly free: number;
  readonly freeInodes: number;
  readonly imagePressure: boolean;
}

function describe({ free, needed, freeInodes }: Volume): string {
  const inodes = freeInodes < 1000 ? `, ${freeInodes} inodes free` : '';
  return `${Math.floor(free / MEBIBYTE)} MiB free, ${Math.ceil(needed / MEBIBYTE)} MiB needed${inodes}`;
}

/** Where the join writes, put together by the file system it is on. */
async function volumesOf({ host, spec, node }: CheckContext): Promise<Volume[]> {
  const images = spec.runtimeRootDir ?? (spec.runtime === 'docker' ? PATHS.docker.data : PATHS.containerd.data);
  // A node that is joined already has its binaries and images: nothing is unpacked again.
  const joined = (await node.membership())?.complete ?? false;
  const wanted = [
    { path: images, bytes: joined ? 0 : NEEDED.images },
    { path: PATHS.kubelet.directory, bytes: joined ? 0 : NEEDED.kubelet },
    { path: PATHS.edgeadm.state, bytes: NEEDED.journal },
    { path: PATHS.kubernetes.directory, bytes: NEEDED.etc },
  ];
  const folders = await Promise.all(wanted.map(({ path }) => existingPart(host, path)));
  const [blocks, inodes] = await Promise.all([df(host, '-k', folders), df(host, '-i', folders)]);
  const places = wanted.map((place, i) => ({ ...place, blocks: blocks[i] ?? NOT_TOLD, inodes: inodes[i] ?? NOT_TOLD }));
  return [...Map.groupBy(places, (place) => place.blocks.mount).values()].map((group) => {
    const space = group[0] ?? { blocks: NOT_TOLD, inodes: NOT_TOLD };
    const percent = space.blocks.total === 0 ? 100 : (space.blocks.free / space.blocks.total) * 100;
    return {
      paths: group.map((place) => place.path),
      needed: group.reduce((sum, place) => sum + place.bytes, 0),
      free: space.blocks.free * 1024,
      // btrfs makes inodes as it needs them and says that it has none.
      freeInodes: space.inodes.total === 0 ? Number.POSITIVE_INFINITY : space.inodes.free,
      imagePressure: group.some((place) => place.path === images) && percent < EVICTION_PERCENT,
    };
  });
}

/** The nearest folder above that is there. */
async function existingPart(host: ReadOnlyHost, path: string): Promise<string> {
  const stat = await host.stat(path);
  if (stat?.type === 'directory' || path === '/') return path;
  if (stat?.type === 'symlink') return existingPart(host, posix.resolve(posix.dirname(path), stat.target ?? '/'));
  return existingPart(host, posix.dirname(path));
}

interface Space {
  readonly total: number;
  readonly free: number;
  readonly mount: string;
}

const NOT_TOLD: Space = { total: 0, free: Number.POSITIVE_INFINITY, mount: '' };

/** One line a folder, in their order: file system, total, used, available, capacity, mount point. */
async function df(host: ReadOnlyHost, unit: '-k' | '-i', folders: readonly string[]): Promise<Space[]> {
  const { stdout } = await host.query('df', ['-P', unit, ...folders]);
  const lines = stdout.trim().split('\n').slice(1);
  return lines.map((line) => {
    const [, total, free, mount] = /\s(\d+)\s+\d+\s+(-?\d+)\s+\S+\s+(.+)$/.exec(line) ?? [];
    return mount === undefined ? NOT_TOLD : { total: Number(total), free: Number(free), mount };
  });
}
