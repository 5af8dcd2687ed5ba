import type { V1Pod } from '@kubernetes/client-node';
import type { Host } from '../../../host/host.ts';
import { edgeHubLayouts } from '../../../kubernetes/edge-hub.ts';
import { KUBELET_KUBECONFIG } from '../../../kubernetes/kubeconfig-file.ts';
import { kubeletComplaints } from '../../../kubernetes/kubelet-log.ts';
import { KUBELET_CONFIGURATION } from '../../../kubernetes/kubelet-program.ts';
import { lenientYaml } from '../../../lib/lenient-yaml.ts';
import { httpGet } from '../../join/http-get.ts';
import { HUB_HEALTH } from '../../join/install-edgehub.ts';
import { COLLECTOR_LIMIT_MS } from '../collect.ts';
import type { CollectContext, Collector } from '../collector.ts';
import type { Facts } from '../facts.ts';

/** A kubelet that does not know a flag prints all of those it knows, and stacks. */
const LOG_LINES = 600;

const KUBELET_HEALTH = { host: '127.0.0.1', port: 10248, path: '/healthz' };

export const kubelet: Collector = {
  name: 'kubelet/state',
  run: async ({ host }) => {
    const [state, configuration] = await Promise.all([
      host.unit('kubelet.service'),
      host.stat(KUBELET_KUBECONFIG).catch(() => undefined),
    ]);
    const complaints = kubeletComplaints(await host.unitLog('kubelet.service', LOG_LINES));
    const { exists, active, detail } = state;
    return {
      files: [{ path: 'kubelet/state.txt', text: `kubelet.service: ${detail}\n${complaints}\n` }],
      facts: { kubelet: { exists, active, detail, complaints }, kubeletConfigured: configuration !== undefined },
    };
  },
};

export const kubeletHealth: Collector = {
  name: 'kubelet/health',
  run: async (context) => {
    const health = await healthOf(context, KUBELET_HEALTH);
    return { files: [{ path: 'kubelet/health.txt', text: `${health.detail}\n` }], facts: { kubeletHealth: health } };
  },
};

export const edgeHub: Collector = {
  name: 'edge-hub/state',
  run: async (context) => {
    const { host } = context;
    const layouts = [...edgeHubLayouts('ack'), ...edgeHubLayouts('openyurt')];
    for (const { manifestPath } of layouts) {
      const text = await host.read(manifestPath);
      if (text === undefined) continue;
      const image = lenientYaml<V1Pod>(text).spec?.containers?.[0]?.image;
      const hub: Facts['hub'] = { manifest: manifestPath, image, ...(await healthOf(context, HUB_HEALTH)) };
      return { files: [{ path: 'edge-hub/state.txt', text: `${image}: ${hub.detail}\n` }], facts: { hub } };
    }
    return { files: [{ path: 'edge-hub/state.txt', text: 'no edge-hub is set up\n' }] };
  },
};

async function healthOf(
  { host, signal }: CollectContext,
  target: typeof HUB_HEALTH,
): Promise<{ healthy: boolean; detail: string }> {
  const where = `http://${target.host}:${target.port}${target.path}`;
  try {
    const { status, body } = await httpGet(host as Host, target, signal);
    return { healthy: status === 200, detail: `${where} answers HTTP ${status} ${body.slice(0, 200)}` };
  } catch (error) {
    signal.throwIfAborted();
    return { healthy: false, detail: `${where}: ${(error as Error).message}` };
  }
}

export const clock: Collector = {
  name: 'system/clock',
  run: async ({ host }) => {
    const { now, uncertaintyMs } = await host.clock();
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

function usageOf(text: string, what: 'space' | 'inodes'): Facts['disks'] {
  return [...text.matchAll(/^\S+\s.*\s(\d+)%\s+(\/.*)$/gm)]
    .map(([, percent, mount = '']) => ({ mount, what, usedPercent: Number(percent) }))
    .filter(({ mount }) => !PSEUDO.test(mount));
}

export const swap: Collector = {
  name: 'system/swap',
  run: async ({ host }) => {
    const text = (await host.read('/proc/swaps')) ?? '';
    const devices = text
      .split('\n')
      .slice(1)
      .flatMap((line) => line.split(/\s/)[0] || []);
    const { failSwapOn } = lenientYaml<{ failSwapOn: boolean }>(await host.read(KUBELET_CONFIGURATION));
    return {
      files: [{ path: 'system/swap.txt', text }],
      facts: { swaps: { devices, kubeletRefuses: failSwapOn !== false } },
    };
  },
};
