import { kubeletConfigMaps } from '../../src/kubernetes/kubelet/migrations.ts';
import { minorOf } from '../../src/kubernetes/version.ts';
import { toYaml } from '../../src/templates/yaml.ts';
import type { Registry } from './registry.ts';
import { type KubeObject, type Resource, resourceOf } from './resources.ts';
import { seedRoles } from './seed-roles.ts';
import { withServiceDefaults } from './services.ts';

/** The networks that the sandbox's cluster says it has. */
export const NETWORKS = { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12', clusterDns: '10.96.0.10' };

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

interface Seed {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  readonly caPem: string;
  /** Of Kubernetes, `v1.20.2`. */
  readonly version: string;
}

/** Makes what a cluster of kubeadm has from the start and is not there yet. */
export function seed(registry: Registry, { url, caPem, version }: Seed): void {
  const ensure = (resource: Resource, object: KubeObject): void => {
    const before = registry.get(resource, object.metadata.name ?? '', object.metadata.namespace);
    if (!before) registry.insert(resource, object);
    // The port may be another one after a restart; what is signed by it stays where it is the same.
    else if (object.data)
      registry.replace(resource, { ...before, data: { ...(before.data as object), ...object.data } }, before);
    else if (resource.plural === 'services')
      registry.replace(resource, { ...before, spec: { ...before.spec, ports: object.spec?.ports } }, before);
  };
  for (const name of NAMESPACES)
    ensure(resourceOf('namespaces'), {
      metadata: { name },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  const configMap = (namespace: string, name: string, data: Record<string, unknown>): void => {
    const texts = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, toYaml(value)]));
    ensure(resourceOf('configmaps'), { metadata: { name, namespace }, data: texts });
  };
  ensure(resourceOf('services'), apiServerService(url, minorOf(version)));
  configMap('kube-public', 'cluster-info', { kubeconfig: clusterInfo(url, caPem) });
  configMap('kube-system', 'kubeadm-config', { ClusterConfiguration: clusterConfiguration(url, version) });
  configMap('kube-system', 'yurt-hub-cfg', {});
  seedRoles(ensure);
  configMap('kube-system', kubeletConfigMaps(version)[0] ?? '', { kubelet: kubeletConfiguration() });
}

/** The first address of the range, as kube-apiserver takes it for itself. */
function apiServerService(url: string, minor: number): KubeObject {
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const ports = [{ name: 'https', port: 443, targetPort: Number(new URL(url).port) }];
  const spec = { clusterIP: '10.96.0.1', ports };
  return withServiceDefaults({ metadata: { name: 'kubernetes', namespace: 'default', labels }, spec }, minor);
}

function clusterInfo(server: string, caPem: string): object {
  const cluster = { 'certificate-authority-data': Buffer.from(caPem).toString('base64'), server };
  return {
    apiVersion: 'v1',
    clusters: [{ cluster, name: '' }],
    contexts: null,
    'current-context': '',
    kind: 'Config',
    preferences: {},
    users: null,
  };
}

/**
 * Source: kubernetes.io, "kubeadm Configuration", by version: v1beta2 from 1.15, v1beta3 from 1.22, v1beta4 from 1.31
 * on.
 */
function kubeadmApi(version: string): string {
  const minor = minorOf(version);
  return minor < 22 ? 'v1beta2' : minor < 31 ? 'v1beta3' : 'v1beta4';
}

function clusterConfiguration(url: string, kubernetesVersion: string): object {
  return {
    apiVersion: `kubeadm.k8s.io/${kubeadmApi(kubernetesVersion)}`,
    kind: 'ClusterConfiguration',
    clusterName: 'kubernetes',
    controlPlaneEndpoint: new URL(url).host,
    kubernetesVersion,
    networking: {
      dnsDomain: 'cluster.local',
      podSubnet: NETWORKS.podSubnet,
      serviceSubnet: NETWORKS.serviceSubnet,
    },
  };
}

/** What kubeadm 1.20 uploads, with the driver that every node here has. */
function kubeletConfiguration(): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { cacheTTL: '0s', enabled: true },
      x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
    },
    authorization: { mode: 'Webhook', webhook: { cacheAuthorizedTTL: '0s', cacheUnauthorizedTTL: '0s' } },
    cgroupDriver: 'systemd',
    clusterDNS: [NETWORKS.clusterDns],
    clusterDomain: 'cluster.local',
    healthzBindAddress: '127.0.0.1',
    healthzPort: 10248,
    rotateCertificates: true,
    staticPodPath: '/etc/kubernetes/manifests',
  };
}
