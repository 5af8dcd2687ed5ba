import { PATHS } from '../../host/node-paths.ts';
import { kubeconfigYaml } from './write.ts';

/**
 * The kubelet's kubeconfig. Through an edge-hub it needs no credentials: the hub speaks as the node. The certificate is
 * named anyway if the kubelet speaks to the API server itself.
 */
export function kubeletKubeconfig(server: string): string {
  if (!server.startsWith('https:')) return kubeconfigYaml({ server });
  const pair = PATHS.kubelet.clientCertificate;
  const user = { 'client-certificate': pair, 'client-key': pair };
  return kubeconfigYaml({ server, caFile: PATHS.kubernetes.caCertificate, user });
}
