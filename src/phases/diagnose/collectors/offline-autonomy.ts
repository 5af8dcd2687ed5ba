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
export const offlineAutonomyState: Collector = {
  name: 'edge-hub/offline-autonomy',
  run: async (context) => {
    const [hub, kubelet, settings] = await Promise.all([
      hubFile(context),
      findKubelet(context.host).then((path) => kubeletVersionOf(context.host, path)),
      kubeletSettings(context.host),
    ]);
    const found = hub && (await hubIn(hub, context.host));
    if (!found || !kubelet) return { files: [] };
    const serves = servesWatchLists({ ...found, kubernetesVersion: kubelet });
    const reads = readsWatchLists(kubelet, settings);
    const text = `kubelet ${kubelet} reads ${reads ? 'watch lists' : 'plain lists'}; edge-hub ${nameOfHub(found)} ${serves ? 'serves' : 'does not serve'} watch lists\n`;
    return {
      files: [{ path: 'edge-hub/offline-autonomy.txt', text }],
      facts: { offlineAutonomy: { losesPods: reads && !serves, detail: text.trim() } },
    };
  },
};

async function hubIn({ form, path, text }: HubFile, host: CollectContext['host']): Promise<InstalledHub | undefined> {
  if (form === 'service') {
    const hubVersion = readHubService(text).version ?? (await versionOnNode(host)) ?? 'of an unknown version';
    return { flavor: 'openyurt', hubVersion };
  }
  const image = imageIn(text);
  const isOpenYurt = edgeHubLayouts('openyurt').some(({ manifestPath }) => manifestPath === path);
  return image === undefined ? undefined : { image, flavor: isOpenYurt ? 'openyurt' : 'ack' };
}
