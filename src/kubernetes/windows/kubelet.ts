import { PATHS } from '../../host/node-paths.ts';
import { WINDOWS_PATHS } from '../../host/windows/paths.ts';
import { minorOf } from '../version.ts';

/** Keys of a kubelet's configuration that only mean something on Linux; some a kubelet of Windows refuses. */
const OF_LINUX = [
  'cgroupDriver',
  'cgroupRoot',
  'cpuManagerPolicy',
  'cpuManagerPolicyOptions',
  'cpuManagerReconcilePeriod',
  'evictionHard',
  'evictionMinimumReclaim',
  'evictionSoft',
  'evictionSoftGracePeriod',
  'failCgroupV1',
  'failSwapOn',
  'iptablesDropBit',
  'iptablesMasqueradeBit',
  'kubeReservedCgroup',
  'kubeletCgroups',
  'makeIPTablesUtilChains',
  'memoryManagerPolicy',
  'memorySwap',
  'protectKernelDefaults',
  'reservedMemory',
  'reservedSystemCPUs',
  'seccompDefault',
  'systemCgroups',
  'systemReservedCgroup',
  'topologyManagerPolicy',
  'topologyManagerScope',
  'volumePluginDir',
] as const;

/** Flags of the log that a kubelet had until 1.25. Source: KEP-2845 */
const LAST_WITH_LOG_FLAGS = 25;
/**
 * A kubelet up to 1.22 takes an empty `resolvConf` for none, and reads /etc/resolv.conf for each pod; it believes the
 * flag. Source: Kubernetes 1.20 to 1.23, pkg/kubelet/apis/config/v1beta1/defaults.go
 */
const LAST_WITH_RESOLVER_FLAG = 22;
/** First minor version with `--windows-priorityclass`. Source: kubelet --help of 1.20 */
const PRIORITY_CLASS = 20;

type NativePath = (path: string) => string;

/**
 * A kubelet's configuration for Windows, out of that for Linux: full paths with their drive, since others begin at the
 * folder of the file, and the defaults of cgroups switched off, which a kubelet refuses there.
 * Source: kubernetes-sigs/sig-windows-tools; kubeadm, componentconfigs/kubelet_windows.go
 */
export function windowsKubeletConfiguration(
  configuration: Readonly<Record<string, unknown>>,
  nativePath: NativePath,
): Record<string, unknown> {
  const kept = Object.entries(configuration).filter(([key]) => !(OF_LINUX as readonly string[]).includes(key));
  const authentication = (configuration.authentication ?? {}) as Record<string, unknown>;
  return {
    ...Object.fromEntries(kept),
    authentication: { ...authentication, x509: { clientCAFile: nativePath(PATHS.kubernetes.caCertificate) } },
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    hairpinMode: 'promiscuous-bridge',
    resolvConf: '',
    staticPodPath: nativePath(PATHS.kubernetes.manifests),
  };
}

/** Flags of a kubelet on Windows beside those of every kubelet. */
export function windowsKubeletFlags(
  version: string,
  runtime: 'containerd' | 'docker',
  nativePath: NativePath,
): string[] {
  const minor = minorOf(version);
  const flag = (name: string, path: string): string => `--${name}=${nativePath(path)}`;
  const docker = [
    flag('cni-bin-dir', PATHS.cni.plugins),
    flag('cni-conf-dir', PATHS.cni.configurations),
    '--image-pull-progress-deadline=20m',
  ];
  return [
    '--windows-service',
    flag('config', PATHS.kubelet.configuration),
    flag('kubeconfig', PATHS.kubelet.kubeconfig),
    flag('cert-dir', PATHS.kubelet.pki),
    ...(runtime === 'docker' ? docker : []),
    ...(minor <= LAST_WITH_LOG_FLAGS ? [flag('log-dir', WINDOWS_PATHS.kubelet.logs), '--logtostderr=false'] : []),
    ...(minor <= LAST_WITH_RESOLVER_FLAG ? ['--resolv-conf='] : []),
    ...(minor >= PRIORITY_CLASS ? ['--windows-priorityclass=ABOVE_NORMAL_PRIORITY_CLASS'] : []),
  ];
}
