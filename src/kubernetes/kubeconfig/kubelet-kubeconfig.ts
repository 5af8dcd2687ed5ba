import { toYaml } from '../../templates/yaml.ts';

export const KUBELET_KUBECONFIG = '/etc/kubernetes/kubelet.conf';
export const KUBELET_CERTIFICATE = '/var/lib/kubelet/pki/kubelet-client-current.pem';
export const CA_CERTIFICATE = '/etc/kubernetes/pki/ca.crt';

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
      { name: 'default-cluster', cluster: { server, ...(direct && { 'certificate-authority': CA_CERTIFICATE }) } },
    ],
    users: [
      {
        name: 'default-auth',
        user: direct ? { 'client-certificate': KUBELET_CERTIFICATE, 'client-key': KUBELET_CERTIFICATE } : {},
      },
    ],
    contexts: [
      { name: 'default-context', context: { cluster: 'default-cluster', user: 'default-auth', namespace: 'default' } },
    ],
    'current-context': 'default-context',
  });
}
