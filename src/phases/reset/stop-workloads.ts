import type { Phase } from '../../workflow/phase.ts';
import type { ResetContext } from './context.ts';
import { endDrill, hasDrill } from './teardown/drill.ts';
import { stopHubService, stopKubelet } from './teardown/kubelet.ts';
import { linksBeforeJoin, removeNetwork } from './teardown/network.ts';
import { removePods } from './teardown/pods.ts';
import { unmountKubeletVolumes } from './teardown/volumes.ts';

/** Before the kubelet is stopped: the timer of the drill would start it again. */
export const endDrillPhase: Phase<ResetContext> = {
  name: 'end-drill',
  title: 'End a drill that was killed',
  check: async ({ host }) => !(await hasDrill(host)),
  run: ({ host }) => endDrill(host),
};

export const stopKubeletPhase: Phase<ResetContext> = {
  name: 'stop-kubelet',
  title: 'Stop the kubelet',
  run: ({ host }) => stopKubelet(host),
};

export const removePodsPhase: Phase<ResetContext> = {
  name: 'remove-pods',
  title: 'Stop and remove all pods',
  run: async ({ host, node, spec, log, signal }) => {
    await stopHubService(host);
    await removePods(host, node.runtime, { log, signal, force: spec.force });
  },
};

export const unmount: Phase<ResetContext> = {
  name: 'unmount',
  title: 'Unmount volumes',
  run: ({ host, spec, log }) => unmountKubeletVolumes(host, log, spec.force),
};

/** While the CNI configuration is still there. */
export const removeNetworkPhase: Phase<ResetContext> = {
  name: 'remove-network',
  title: "Remove the cluster's network",
  run: ({ host, journal, log }) =>
    removeNetwork(
      host,
      log,
      linksBeforeJoin((key) => journal.choice(key)),
    ),
};
