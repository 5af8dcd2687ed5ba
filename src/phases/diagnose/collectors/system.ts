import { z } from 'zod';
import { EdgeadmError } from '../../../errors/index.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { lenientYaml } from '../../../lib/check-shape.ts';
import { swapAreas } from '../../../lib/swap-areas.ts';
import { COLLECTOR_LIMIT_MS } from '../collect.ts';
import type { Collector } from '../collector.ts';
import type { CollectedFacts } from '../facts.ts';

export const system: Collector = {
  name: 'system/facts',
  run: async ({ host }) => {
    const { hostname, os, kernel, arch } = await host.facts();
    return { files: [], facts: { system: { hostname, description: `${os.pretty}, kernel ${kernel}, ${arch}` } } };
  },
};

export const clock: Collector = {
  name: 'system/clock',
  run: async ({ host }) => {
    const { now, uncertaintyMs } = await host.clock();
    if (Number.isNaN(new Date(now).getTime()))
      throw new EdgeadmError({ code: 'COMMAND_FAILED', what: "the node's date cannot be read" });
    const text = `the node: ${new Date(now).toISOString()} (± ${Math.round(uncertaintyMs)} ms)\n`;
    return { files: [{ path: 'system/clock.txt', text }], facts: { clock: { node: now, uncertaintyMs } } };
  },
};

/** Local disks: a mount of a server that is gone would hang. */
export const disks: Collector = {
  name: 'system/disks',
  run: async ({ host, signal }) => {
    if (!host.runsPrograms) return { files: [] };
    const ask = (unit: string) => host.query('df', ['-l', '-P', unit], { timeoutMs: COLLECTOR_LIMIT_MS, signal });
    const [space, inodes] = await Promise.all([ask('-k'), ask('-i')]);
    return {
      files: [{ path: 'system/disks.txt', text: `${space.stdout}\n${inodes.stdout}` }],
      facts: { disks: [...usageOf(space.stdout, 'space'), ...usageOf(inodes.stdout, 'inodes')] },
    };
  },
};

const PSEUDO = /^\/(proc|sys|dev|run)(\/|$)|\/containerd\/.*\/(rootfs|shm)$|^\/var\/lib\/kubelet\/pods\//;

function usageOf(text: string, what: 'space' | 'inodes'): CollectedFacts['disks'] {
  return [...text.matchAll(/^\S+\s.*\s(\d+)%\s+(\/.*)$/gm)]
    .map(([, percent, mount = '']) => ({ mount, what, usedPercent: Number(percent) }))
    .filter(({ mount }) => !PSEUDO.test(mount));
}

const SWAP = z.object({ failSwapOn: z.boolean() });

export const swapState: Collector = {
  name: 'system/swap',
  run: async ({ host }) => {
    const text = (await host.read('/proc/swaps')) ?? '';
    const devices = swapAreas(text);
    const configuration = lenientYaml(await host.read(PATHS.kubelet.configuration), SWAP);
    return {
      files: [{ path: 'system/swap.txt', text }],
      facts: { swaps: { devices, kubeletRefuses: configuration?.failSwapOn !== false } },
    };
  },
};
