import { PATHS } from '../../host/node-paths.ts';
import { toYaml } from '../../templates/yaml.ts';

/**
 * The kubelet's kubeconfig. Through an edge-hub it needs no credentials: the hub speaks as the node. The certificate is
 * named all the same where the kubelet speaks to the API server itself.
 */
export function kubeletKubeconfig(server: string): string {
  const direct = server.startsWith('https:');
  return toYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'default-cluster',
        cluster: { server, ...(direct && { 'certificate-authority': PATHS.kubernetes.caCertificate }) },
      },
    ],
    users: [
      {
        name: 'default-auth',
        user: direct
          ? { 'client-certificate': PATHS.kubelet.clientCertificate, 'client-key': PATHS.kubelet.clientCertificate }
          : {},
      },
    ],
    contexts: [
      { name: 'default-context', context: { cluster: 'default-cluster', user: 'default-auth', namespace: 'default' } },
    ],
    'current-context': 'default-context',
  });
}
