import { type EdgeHubLayout, edgeHubLayouts } from '../../../edge-hub/edge-hub.ts';
import { imageIn } from '../../../kubernetes/node-files.ts';
import { HUB_HEALTH } from '../../join/install-edgehub.ts';
import type { CollectContext, CollectedFile, Collector } from '../collector.ts';
import { healthOf } from './health.ts';

/** Where every known hub keeps what. */
export const HUB_LAYOUTS: readonly EdgeHubLayout[] = [...edgeHubLayouts('ack'), ...edgeHubLayouts('openyurt')];

/** The manifest of the hub that is set up, if one is. */
export async function hubManifest({
  host,
}: Pick<CollectContext, 'host'>): Promise<{ path: string; text: string } | undefined> {
  for (const { manifestPath } of HUB_LAYOUTS) {
    const text = await host.read(manifestPath);
    if (text !== undefined) return { path: manifestPath, text };
  }
  return undefined;
}

export const edgeHubState: Collector = {
  name: 'edge-hub/state',
  run: async (context) => {
    const manifest = await hubManifest(context);
    if (!manifest) return { files: [{ path: 'edge-hub/state.txt', text: 'no edge-hub is set up\n' }] };
    const image = imageIn(manifest.text);
    const health = await healthOf(context, HUB_HEALTH);
    return {
      files: [{ path: 'edge-hub/state.txt', text: `${image ?? 'no image'}: ${health.detail}\n` }],
      facts: { hub: { manifest: manifest.path, image, ...health } },
    };
  },
};

/** Its kubeconfig, and only the names of what is in its cache: Secrets are among it. */
export const edgeHubKubeconfigAndCache: Collector = {
  name: 'edge-hub/files',
  run: async ({ host }) => {
    const files: CollectedFile[] = [];
    for (const path of new Set(HUB_LAYOUTS.map(({ kubeconfigPath }) => kubeconfigPath))) {
      const text = await host.read(path);
      if (text !== undefined) files.push({ path: `edge-hub/${path.split('/').at(-1)}.txt`, text });
    }
    for (const path of new Set(HUB_LAYOUTS.map(({ cacheDirectory }) => cacheDirectory))) {
      const names = await host.list(path);
      if (names.length > 0) files.push({ path: 'edge-hub/cache.txt', text: `${path}\n${names.join('\n')}\n` });
    }
    return { files };
  },
};
