import { WINDOWS_HUB } from '../../../edge-hub/windows-service.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { removeStatePhaseOf } from '../remove-traces.ts';

/** Files and folders that say that a node was joined, the kubelet's kubeconfigs last. */
const TRACES = [
  PATHS.kubernetes.manifests,
  PATHS.kubelet.directory,
  PATHS.edgeHub.openYurtDirectory,
  PATHS.kubernetes.cache,
  PATHS.kubernetes.pki,
  PATHS.kubelet.bootstrapKubeconfig,
  PATHS.kubelet.kubeconfig,
];

/** Of a node that another tool joined: the services go, their programs and the runtime stay. */
export const removeForeignState = removeStatePhaseOf(async ({ host, log }) => {
  for (const service of ['kubelet', WINDOWS_HUB]) await host.undefine('service', service);
  for (const path of TRACES) await host.removeTree(path);
  log.info('Programs and the container runtime are kept: there is no journal of their earlier state.');
});
