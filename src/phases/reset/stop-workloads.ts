import { CHOICES } from '../../host/journal/choices.ts';
import { notePodNetwork } from '../../host/pod-network.ts';
import type { Phase } from '../../workflow/phase.ts';
import type { ResetContext } from './context.ts';
import { endDrill } from './teardown/drill.ts';
import { stopHubService, stopKubelet } from './teardown/kubelet.ts';
import { linksBeforeJoin, removeNetwork } from './teardown/network.ts';
import { removePods } from './teardown/pods.ts';
import { noteRuntime } from './teardown/runtime.ts';
import { unmountKubeletVolumes } from './teardown/volumes.ts';

/** Before the kubelet is stopped: the timer of the drill would start it again. */
export const endDrillPhase: Phase<ResetContext> = {
  name: 'end-drill',
  title: 'End an unfinished drill',
  when: ({ node }) => node.drill || 'no drill is unfinished',
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
  run: async ({ host, node, journal, spec, log, signal }) => {
    await stopHubService(host);
    await noteRuntime(host, journal, node.runtime);
    const network = await notePodNetwork(host, journal);
    await removePods(host, node.runtime, { log, signal, force: spec.force, network });
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
  // What an earlier reset kept the container runtime in does not say which links were there before the join.
  when: ({ node, journal }) =>
    node.joinedBy !== 'edgeadm' ||
    journal.damage !== undefined ||
    journal.choice(CHOICES.linksBefore) !== undefined ||
    'no join has noted the network before it',
  run: async ({ host, journal, log }) => {
    const keep = linksBeforeJoin((key) => journal.choice(key));
    await removeNetwork(host, log, keep, await notePodNetwork(host, journal));
  },
};
