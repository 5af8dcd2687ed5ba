/** An add-on that the emulated container service offers. */
export interface AddonOffer {
  /** As the API has it: core, network, security, storage, monitor, application. */
  readonly category: string;
  /** Part of each new cluster. */
  readonly byDefault?: boolean;
  /** A part of the control plane, which the service runs: it can be configured, not removed. */
  readonly managed?: boolean;
  /** The oldest first; the first is what a new cluster has. */
  readonly versions: readonly AddonVersion[];
  /** JSON Schema of its parameters. */
  readonly schema?: object;
}

interface AddonVersion {
  readonly version: string;
  /** The oldest cluster that can have it: `1.20`. */
  readonly minimum: string;
}

const of = (minimum: string, ...versions: string[]): AddonVersion[] =>
  versions.map((version) => ({ version, minimum }));
const text = (value: string) => ({ type: 'string', default: value });
const parameters = (properties: Readonly<Record<string, object>>) => ({ type: 'object', properties });

/**
 * Names, and the versions of flannel, CoreDNS and metrics-server: the vendor's user guide (3.1 to 3.3, 5.5, 8.3, 9.1) and
 * the examples of its SDK. The other versions are our own choice.
 */
export const ADDON_OFFERS: Readonly<Record<string, AddonOffer>> = {
  'kube-apiserver': {
    category: 'core',
    byDefault: true,
    managed: true,
    versions: of('1.16', 'v1.0.0'),
    schema: parameters({
      ServiceNodePortRange: text('30000-32767'),
      EnableAdmissionPlugins: text('NodeRestriction'),
    }),
  },
  'kube-controller-manager': {
    category: 'core',
    byDefault: true,
    managed: true,
    versions: of('1.16', 'v1.0.0'),
    schema: parameters({ HorizontalPodAutoscalerSyncPeriod: text('15s') }),
  },
  'kube-scheduler': { category: 'core', byDefault: true, managed: true, versions: of('1.16', 'v1.0.0') },
  'cloud-controller-manager': { category: 'core', byDefault: true, managed: true, versions: of('1.16', 'v2.1.0') },
  'kube-flannel-ds': {
    category: 'network',
    versions: [...of('1.16', 'v0.11.0.2-g6e46593e-aliyun'), ...of('1.20', 'v0.13.1.3-6838863-aliyun')],
  },
  'terway-edge-controlplane': { category: 'network', versions: of('1.26', 'v1.0.0', 'v1.0.1') },
  coredns: {
    category: 'network',
    byDefault: true,
    versions: [...of('1.16', '1.6.7.1'), ...of('1.20', '1.8.4', 'v1.9.3.10-7dfca203-aliyun')],
    schema: parameters({ CpuRequest: text('100m') }),
  },
  'metrics-server': { category: 'monitor', byDefault: true, versions: of('1.16', 'v0.3.8', 'v0.3.9') },
  'edge-tunnel-server': { category: 'core', byDefault: true, versions: of('1.12', 'v1.20.2', 'v1.20.11') },
  'edge-tunnel-agent': { category: 'core', byDefault: true, versions: of('1.12', 'v1.20.2', 'v1.20.11') },
  'yurt-app-manager': { category: 'application', byDefault: true, versions: of('1.16', 'v0.4.0', 'v0.5.0') },
  'edge-controller-manager': { category: 'core', byDefault: true, versions: of('1.16', 'v2.0.0', 'v2.1.0') },
  'cloud-hub': { category: 'core', versions: of('1.20', 'v1.20.2') },
  'logtail-ds': {
    category: 'monitor',
    versions: of('1.18', 'v1.0.29.1-0550501-aliyun', 'v1.1.0.0-2a7b3c1-aliyun'),
    schema: parameters({ sls_project_name: text('') }),
  },
  'alibaba-log-controller': { category: 'monitor', versions: of('1.12', '0.2.0.76-1d5b2b0-aliyun') },
  'logtail-ds-docker': { category: 'monitor', versions: of('1.12', 'v0.16.40.0-1b0b5ec-aliyun') },
  'node-resource-manager': { category: 'storage', versions: of('1.18', 'v1.18.8.0-983ce56-aliyun') },
  'csi-local-plugin': { category: 'storage', versions: of('1.18', 'v1.18.8.0-983ce56-aliyun') },
};
