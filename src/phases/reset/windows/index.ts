import type { Phase } from '../../../workflow/phase.ts';
import { checkNode } from '../check-node.ts';
import type { ResetContext } from '../context.ts';
import { deleteNode, drainBeforeReset, markNotReadyPhase } from '../leave-cluster.ts';
import { cleanupImages, erase, restore } from '../remove-traces.ts';
import { stopKubeletPhase } from '../stop-workloads.ts';
import { stopHubService } from '../teardown/kubelet.ts';
import { noteRuntime } from '../teardown/runtime.ts';
import { networksBefore, removeHnsNetworks } from './networks.ts';
import { removeWindowsPods } from './pods.ts';
import { removeForeignState } from './state.ts';

const removePods: Phase<ResetContext> = {
  name: 'remove-pods',
  title: 'Stop and remove all pods',
  run: async ({ host, node, journal, spec, log, signal }) => {
    await stopHubService(host);
    await noteRuntime(host, journal, node.runtime);
    await removeWindowsPods(host, node.runtime.socket, { log, signal, force: spec.force });
  },
};

/** Its last step before the files: connections to the node break for some seconds. */
const removeNetworks: Phase<ResetContext> = {
  name: 'remove-network',
  title: "Remove the cluster's network",
  run: ({ host, journal, log }) =>
    removeHnsNetworks(
      host,
      log,
      networksBefore((key) => journal.choice(key)),
    ),
};

/** What a reset of a Windows node does, in this order; nothing is mounted there. */
export const windowsResetPhases: readonly Phase<ResetContext>[] = [
  checkNode,
  drainBeforeReset,
  stopKubeletPhase,
  markNotReadyPhase,
  deleteNode,
  removePods,
  removeNetworks,
  removeForeignState,
  cleanupImages,
  restore,
  erase,
];
