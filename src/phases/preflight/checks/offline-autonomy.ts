import { nameOfHub, servesWatchLists } from '../../../edge-hub/releases.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { featureGatesOf } from '../../../kubernetes/kubelet/feature-gates.ts';
import { kubeletSettings } from '../../../kubernetes/kubelet/settings.ts';
import { readsWatchLists, WATCH_LISTS_REASON } from '../../../kubernetes/kubelet/watch-lists.ts';
import { type Check, fail, pass, skip } from '../check.ts';

export const offlineAutonomy: Check = {
  name: 'OfflineAutonomy',
  concerns: 'node',
  severity: 'warning',
  about:
    'Behind an edge-hub that does not serve watch lists (no released hub does), the kubelet reads plain lists: from 1.35 on it does so only with the feature gate `WatchListClient: false`, which a join and an upgrade write.',
  remedy:
    'Run `edgeadm join` (or, on a joined node, `edgeadm upgrade`): it sets the feature gate `WatchListClient: false`.',
  needs: ['CAHash', 'Token'],
  run: async ({ host, node, cluster }) => {
    const hub = await node.edgeHub();
    if (!hub) return skip('no edge-hub');
    const kubernetesVersion = await cluster.version();
    if (servesWatchLists({ ...hub, kubernetesVersion })) return pass(`${nameOfHub(hub)} serves watch lists`);
    const kubelet = (await node.kubeletVersion()) ?? kubernetesVersion;
    // What an earlier join wrote, and was damaged since, is written again.
    const settings = await kubeletSettings(host).catch(() => undefined);
    if (!settings) return skip(`${PATHS.kubelet.configuration} cannot be read; a join writes it again`);
    if (featureGatesOf(settings.flags).WatchListClient && readsWatchLists(kubelet, settings)) {
      return fail(`a flag of the kubelet sets --feature-gates=WatchListClient=true: ${WATCH_LISTS_REASON}`, {
        remedy: 'Remove the gate from KUBELET_EXTRA_ARGS: a flag overrides the configuration file.',
      });
    }
    const isJoined = (await host.read(PATHS.kubelet.configuration)) !== undefined;
    if (!isJoined || !readsWatchLists(kubelet, settings)) return pass(`kubelet ${kubelet} reads plain lists`);
    return fail(
      `${PATHS.kubelet.configuration} leaves WatchListClient on for kubelet ${kubelet}: ${WATCH_LISTS_REASON}`,
    );
  },
};
