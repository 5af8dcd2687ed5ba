import { PATHS } from '../../host/node-paths.ts';
import { kubeconfigYaml } from './write.ts';

/**
 * The kubelet's kubeconfig. Through an edge-hub it needs no credentials: the hub speaks as the node. The certificate is
 * named anyway if the kubelet speaks to the API server itself.
 * @param nativePath how the system of the node spells a path
 */
export function kubeletKubeconfig(server: string, nativePath: (path: string) => string = (path) => path): string {
  if (!server.startsWith('https:')) return kubeconfigYaml({ server });
  const pair = nativePath(PATHS.kubelet.clientCertificate);
  const user = { 'client-certificate': pair, 'client-key': pair };
  return kubeconfigYaml({ server, caFile: nativePath(PATHS.kubernetes.caCertificate), user });
}
