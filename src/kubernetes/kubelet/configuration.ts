import type { Taint } from '../../config/spec.ts';
import { PATHS } from '../../host/node-paths.ts';
import { addressAt } from '../../lib/cidr.ts';
import { minorOf } from '../version.ts';
import { TAINTS_IN_CONFIGURATION } from './flags.ts';
import { withPlainLists } from './watch-lists.ts';

export interface KubeletConfigurationOptions {
  /** Of the kubelet. */
  readonly version: string;
  /** What the cluster keeps for its nodes; undefined if it keeps nothing. */
  readonly fromCluster?: Readonly<Record<string, unknown>>;
  readonly serviceCidr?: string;
  /** Stronger than what the cluster keeps. */
  readonly clusterDns?: readonly string[];
  readonly taints: readonly Taint[];
  /** True if swap is on and the user has ignored that error. */
  readonly swapOn: boolean;
  /** A resolv.conf that does not point to a local stub, if the node's own does. */
  readonly resolvConf?: string;
  readonly cgroupVersion: 1 | 2;
  /** The driver of a runtime that is not ours to configure; default systemd. */
  readonly cgroupDriver?: 'systemd' | 'cgroupfs';
  /** Stronger than what the cluster keeps. */
  readonly maxPods?: number;
  /** True behind an edge-hub that cannot serve watch lists. */
  readonly plainLists?: boolean;
}

/** For clusters that keep no KubeletConfiguration; the values that kubeadm gives. */
const FALLBACK = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  authentication: { anonymous: { enabled: false }, webhook: { enabled: true } },
  authorization: { mode: 'Webhook' },
  clusterDomain: 'cluster.local',
};

/**
 * How fast a kubelet may call the API server, as Kubernetes has it since 1.27. With the 5 calls a second of before, the
 * calls of its start wait for each other, its CSINode comes too late for its first report, and the node is Ready only
 * with the next one, ten seconds later.
 * Source: pkg/kubelet/apis/config/v1beta1/defaults.go of 1.26 and 1.27; measured with 1.20.2
 */
const API_RATES = { kubeAPIQPS: 50, kubeAPIBurst: 100 };
const HAS_API_RATES = 27;

/** From this minor version on the kubelet refuses cgroup v1 by default (KEP-5573). */
const REFUSES_CGROUP_V1 = 35;

/**
 * The kubelet's configuration file: the cluster's, with what this node needs laid over it.
 * The cgroup driver is systemd's, which Kubernetes recommends if systemd runs the machine, unless a runtime that is not
 * ours to configure has another.
 */
export function kubeletConfiguration(options: KubeletConfigurationOptions): Readonly<Record<string, unknown>> {
  const base: Readonly<Record<string, unknown>> = options.fromCluster ?? FALLBACK;
  const authentication = (base.authentication ?? {}) as Record<string, unknown>;
  const minor = minorOf(options.version);
  const configuration: Record<string, unknown> = {
    ...(minor < HAS_API_RATES && base.kubeAPIQPS === undefined && base.kubeAPIBurst === undefined && API_RATES),
    ...base,
    authentication: { ...authentication, x509: { clientCAFile: PATHS.kubernetes.caCertificate } },
    cgroupDriver: options.cgroupDriver ?? 'systemd',
    rotateCertificates: true,
    staticPodPath: PATHS.kubernetes.manifests,
  };
  if (options.clusterDns) configuration.clusterDNS = options.clusterDns;
  else if (!base.clusterDNS && options.serviceCidr) {
    const dns = clusterDnsOf(options.serviceCidr);
    if (dns !== undefined) configuration.clusterDNS = [dns];
  }
  if (options.maxPods !== undefined) configuration.maxPods = options.maxPods;
  if (options.resolvConf) configuration.resolvConf = options.resolvConf;
  if (options.swapOn) configuration.failSwapOn = false;
  if (minor >= TAINTS_IN_CONFIGURATION && options.taints.length > 0) configuration.registerWithTaints = options.taints;
  if (minor >= REFUSES_CGROUP_V1 && options.cgroupVersion === 1) configuration.failCgroupV1 = false;
  return options.plainLists ? withPlainLists(options.version, configuration) : configuration;
}

/**
 * The tenth address of the first Service CIDR, where kubeadm puts the cluster's DNS.
 * Source: kubernetes/cmd/kubeadm/app/constants, GetDNSIP.
 * @returns undefined if the range is not a range, or too small
 */
export function clusterDnsOf(serviceCidr: string): string | undefined {
  return addressAt(serviceCidr.split(',')[0]?.trim() ?? '', 10);
}
