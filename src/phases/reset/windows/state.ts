import { PATHS } from '../../../host/node-paths.ts';
import type { Phase } from '../../../workflow/phase.ts';
import type { ResetContext } from '../context.ts';

/** Files and folders that say that a node was joined, the kubelet's kubeconfigs last. */
const TRACES = [
  PATHS.kubernetes.manifests,
  PATHS.kubelet.directory,
  PATHS.kubernetes.pki,
  PATHS.kubelet.bootstrapKubeconfig,
  PATHS.kubelet.kubeconfig,
];

/** Of a node that another tool joined: the service goes, its program and the runtime stay. */
export const removeForeignState: Phase<ResetContext> = {
  name: 'remove-state',
  title: 'Remove what Kubernetes left on disk',
  when: ({ node, journal, spec }) =>
    node.joinedBy === 'other' ||
    (spec.force && journal.damage !== undefined) ||
    'the journal records the earlier state',
  run: async ({ host, log }) => {
    await host.undefine('service', 'kubelet');
    for (const path of TRACES) await host.removeTree(path);
    log.info('Programs and the container runtime are kept: there is no journal of their earlier state.');
  },
};
