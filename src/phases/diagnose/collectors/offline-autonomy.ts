import { edgeHubLayouts } from '../../../edge-hub/edge-hub.ts';
import { servesWatchLists } from '../../../edge-hub/releases.ts';
import { findKubelet, kubeletVersionOf } from '../../../kubernetes/kubelet/program.ts';
import { kubeletSettings } from '../../../kubernetes/kubelet/settings.ts';
import { readsWatchLists } from '../../../kubernetes/kubelet/watch-lists.ts';
import { imageIn } from '../../../kubernetes/node-files.ts';
import type { Collector } from '../collector.ts';
import { hubManifest } from './edge-hub.ts';

/** Whether the node's pods would come back after a restart without network, as far as kubelet and hub decide it. */
export const offlineAutonomyState: Collector = {
  name: 'edge-hub/offline-autonomy',
  run: async (context) => {
    const [manifest, kubelet, settings] = await Promise.all([
      hubManifest(context),
      findKubelet(context.host).then((path) => kubeletVersionOf(context.host, path)),
      kubeletSettings(context.host),
    ]);
    const image = imageIn(manifest?.text);
    if (!manifest || !image || !kubelet) return { files: [] };
    const flavor = edgeHubLayouts('openyurt').some(({ manifestPath }) => manifestPath === manifest.path)
      ? 'openyurt'
      : 'ack';
    const serves = servesWatchLists({ flavor, kubernetesVersion: kubelet, image });
    const reads = readsWatchLists(kubelet, settings);
    const text = `kubelet ${kubelet} reads ${reads ? 'watch lists' : 'plain lists'}; edge-hub ${image} ${serves ? 'serves' : 'does not serve'} watch lists\n`;
    return {
      files: [{ path: 'edge-hub/offline-autonomy.txt', text }],
      facts: { offlineAutonomy: { losesPods: reads && !serves, detail: text.trim() } },
    };
  },
};
