import { edgeHubLayouts } from '../../../edge-hub/edge-hub.ts';
import { type InstalledHub, nameOfHub, servesWatchLists } from '../../../edge-hub/releases.ts';
import { readHubService } from '../../../edge-hub/service.ts';
import { findKubelet, kubeletVersionOf } from '../../../kubernetes/kubelet/program.ts';
import { kubeletSettings } from '../../../kubernetes/kubelet/settings.ts';
import { readsWatchLists } from '../../../kubernetes/kubelet/watch-lists.ts';
import { imageIn } from '../../../kubernetes/node-files.ts';
import { versionOnNode } from '../../join/requested-hub.ts';
import type { CollectContext, Collector } from '../collector.ts';
import { type HubFile, hubFile } from './edge-hub.ts';

/** Whether the node's pods would come back after a restart without network, as far as kubelet and hub decide it. */
export interface OfflineAutonomy {
  readonly losesPods: boolean;
  /** What kubelet and hub do. */
  readonly detail: string;
}

export const offlineAutonomyState: Collector = {
  name: 'edge-hub/offline-autonomy',
  run: async ({ host }) => {
    const offlineAutonomy = await losesPodsOffline(host);
    if (!offlineAutonomy) return { files: [] };
    return {
      files: [{ path: 'edge-hub/offline-autonomy.txt', text: `${offlineAutonomy.detail}\n` }],
      facts: { offlineAutonomy },
    };
  },
};

/** @returns undefined without a hub, a kubelet, or settings that can be read */
export async function losesPodsOffline(host: CollectContext['host']): Promise<OfflineAutonomy | undefined> {
  const [hub, kubelet, settings] = await Promise.all([
    hubFile({ host }),
    findKubelet(host).then((path) => kubeletVersionOf(host, path)),
    // A damaged configuration is a finding of its own.
    kubeletSettings(host).catch(() => undefined),
  ]);
  const found = hub && (await hubIn(hub, host));
  if (!found || !kubelet || !settings) return undefined;
  const serves = servesWatchLists({ ...found, kubernetesVersion: kubelet });
  const reads = readsWatchLists(kubelet, settings);
  const detail = `kubelet ${kubelet} reads ${reads ? 'watch lists' : 'plain lists'}; edge-hub ${nameOfHub(found)} ${serves ? 'serves' : 'does not serve'} watch lists`;
  return { losesPods: reads && !serves, detail };
}

async function hubIn({ form, path, text }: HubFile, host: CollectContext['host']): Promise<InstalledHub | undefined> {
  if (form === 'service') {
    const hubVersion = readHubService(text).version ?? (await versionOnNode(host)) ?? 'of an unknown version';
    return { flavor: 'openyurt', hubVersion };
  }
  const image = imageIn(text);
  const isOpenYurt = edgeHubLayouts('openyurt').some(({ manifestPath }) => manifestPath === path);
  return image === undefined ? undefined : { image, flavor: isOpenYurt ? 'openyurt' : 'ack' };
}
