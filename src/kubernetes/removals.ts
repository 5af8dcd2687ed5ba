import { REMOVED_GATES, SOURCE_OF_GATES } from './removed-gates.ts';

/** What upstream took out of the node, by what it was. */
type Kind = 'flag' | 'feature gate' | 'setting' | 'runtime' | 'volume plug-in';

/** Something that a kubelet no longer has, or refuses. */
export interface Removal {
  /** First minor version without it. */
  readonly goneIn: number;
  /** What to do instead, as a sentence. */
  readonly advice: string;
  readonly source: string;
}

interface Row extends Removal {
  readonly kind: Kind;
  /** Separated by spaces. */
  readonly names: string;
}

const CHANGELOG = 'https://github.com/kubernetes/kubernetes/blob/master/CHANGELOG';
const OPTIONS = 'cmd/kubelet/app/options of the module k8s.io/kubernetes';

const OF_DOCKERSHIM = `${CHANGELOG}/CHANGELOG-1.24.md: the flags of dockershim are removed with it (kubernetes#106907)`;

const WITHOUT_EFFECT = 'Remove the flag: it had no effect any more.';
const OF_RUNTIME = 'Remove the flag, and configure the container runtime instead.';
const OF_LOG_FILES = "Remove the flag: the kubelet logs to stderr, which systemd's journal keeps.";
const OF_CADVISOR = 'Remove the flag: cAdvisor as part of the kubelet no longer has the feature.';
const OF_GATE = 'Remove the gate: its feature is either always on or gone.';

/**
 * What upstream removed, or made an error, from Kubernetes 1.17 to what is announced for 1.38. A kubelet exits over each
 * flag and each feature gate that it does not know.
 */
const REMOVALS: readonly Row[] = [
  {
    kind: 'flag',
    names: 'experimental-dockershim bootstrap-checkpoint-path',
    goneIn: 19,
    advice: WITHOUT_EFFECT,
    source: OPTIONS,
  },
  { kind: 'flag', names: 'redirect-container-streaming', goneIn: 20, advice: WITHOUT_EFFECT, source: OPTIONS },
  { kind: 'flag', names: 'enable-cadvisor-json-endpoints', goneIn: 21, advice: OF_CADVISOR, source: OPTIONS },
  { kind: 'flag', names: 'chaos-chance', goneIn: 22, advice: WITHOUT_EFFECT, source: OPTIONS },
  {
    kind: 'flag',
    names: 'experimental-bootstrap-kubeconfig',
    goneIn: 23,
    advice: 'Use --bootstrap-kubeconfig.',
    source: OPTIONS,
  },
  {
    kind: 'flag',
    names: 'seccomp-profile-root',
    goneIn: 23,
    advice: "Keep the profiles in the folder seccomp of the kubelet's root directory.",
    source: OPTIONS,
  },
  {
    kind: 'flag',
    names: `network-plugin network-plugin-mtu cni-bin-dir cni-conf-dir cni-cache-dir docker-endpoint
    image-pull-progress-deadline experimental-dockershim-root-directory non-masquerade-cidr docker docker-tls
    docker-tls-ca docker-tls-cert docker-tls-key docker-root docker-only docker-env-metadata-whitelist`,
    goneIn: 24,
    advice: OF_RUNTIME,
    source: OF_DOCKERSHIM,
  },
  {
    kind: 'flag',
    names: 'dynamic-config-dir',
    goneIn: 24,
    advice: 'Use --config: the kubelet no longer takes its configuration from the cluster while it runs.',
    source: `${CHANGELOG}/CHANGELOG-1.24.md: DynamicKubeletConfig is removed (kubernetes#106932)`,
  },
  {
    kind: 'flag',
    names: 'experimental-check-node-capabilities-before-mount really-crash-for-testing',
    goneIn: 24,
    advice: WITHOUT_EFFECT,
    source: OPTIONS,
  },
  {
    kind: 'flag',
    names: 'experimental-kernel-memcg-notification',
    goneIn: 25,
    advice: 'Set kernelMemcgNotification in the configuration of the kubelet.',
    source: OPTIONS,
  },
  {
    kind: 'flag',
    names: `add-dir-header alsologtostderr log-backtrace-at log-dir log-file log-file-max-size logtostderr one-output
    skip-headers skip-log-headers stderrthreshold`,
    goneIn: 26,
    advice: OF_LOG_FILES,
    source: 'KEP-2845: of the flags of klog only -v and -vmodule stay; removed in 1.26 (kubernetes#112120)',
  },
  {
    kind: 'flag',
    names: 'container-runtime',
    goneIn: 27,
    advice: 'Remove the flag: every runtime is remote. Keep --container-runtime-endpoint.',
    source: `${CHANGELOG}/CHANGELOG-1.27.md: removed, deprecated since 1.24 (kubernetes#114017)`,
  },
  {
    kind: 'flag',
    names: 'master-service-namespace',
    goneIn: 27,
    advice: WITHOUT_EFFECT,
    source: `${CHANGELOG}/CHANGELOG-1.27.md: removed (kubernetes#116015)`,
  },
  {
    kind: 'flag',
    names: 'azure-container-registry-config',
    goneIn: 30,
    advice: 'Use a credential provider: --image-credential-provider-config.',
    source: OPTIONS,
  },
  {
    kind: 'flag',
    names: 'keep-terminated-pod-volumes iptables-masquerade-bit iptables-drop-bit',
    goneIn: 31,
    advice: WITHOUT_EFFECT,
    source: `${CHANGELOG}/CHANGELOG-1.31.md: removed (kubernetes#122082, kubernetes#122363)`,
  },
  {
    kind: 'flag',
    names: 'runonce',
    goneIn: 32,
    advice: 'Remove the flag: a kubelet that exits after its static pods is no longer supported.',
    source: `${CHANGELOG}/CHANGELOG-1.32.md: an error if it is set (kubernetes#126336)`,
  },
  {
    kind: 'setting',
    names: 'runOnce',
    goneIn: 32,
    advice: 'Remove runOnce: a kubelet that exits after its static pods is no longer supported.',
    source: `${CHANGELOG}/CHANGELOG-1.32.md: an error if it is true (kubernetes#126336)`,
  },
  {
    kind: 'flag',
    names: 'cloud-config',
    goneIn: 34,
    advice: 'Remove the flag: clouds are configured in the cloud controller manager.',
    source: `${CHANGELOG}/CHANGELOG-1.34.md: removed (kubernetes#130161)`,
  },
  {
    kind: 'flag',
    names: 'register-schedulable',
    goneIn: 34,
    advice: 'Use registerWithTaints in the configuration of the kubelet.',
    source: `${CHANGELOG}/CHANGELOG-1.34.md: removed (kubernetes#122384)`,
  },
  {
    kind: 'flag',
    names: 'pod-infra-container-image',
    goneIn: 35,
    advice: "Remove the flag, and name the pause image in the runtime's configuration.",
    source: `${CHANGELOG}/CHANGELOG-1.35.md, urgent upgrade notes: removed (kubernetes#133779)`,
  },
  {
    kind: 'flag',
    names: `application-metrics-count-limit boot-id-file container-hints containerd containerd-namespace
    enable-load-reader event-storage-age-limit event-storage-event-limit global-housekeeping-interval
    log-cadvisor-usage machine-id-file storage-driver-user storage-driver-password storage-driver-host
    storage-driver-db storage-driver-table storage-driver-secure storage-driver-buffer-duration`,
    goneIn: 37,
    advice: OF_CADVISOR,
    source: `${CHANGELOG}/CHANGELOG-1.37.md: the kubelet fails to start if any is set (kubernetes#139870)`,
  },
  {
    kind: 'runtime',
    names: 'dockershim',
    goneIn: 24,
    advice: 'Use containerd, or cri-dockerd beside docker.',
    source: `${CHANGELOG}/CHANGELOG-1.24.md: dockershim is removed`,
  },
  {
    kind: 'runtime',
    names: 'v1alpha2',
    goneIn: 26,
    advice: 'Install containerd 1.6 or later.',
    source: `${CHANGELOG}/CHANGELOG-1.26.md: CRI v1alpha2 is removed, containerd before 1.6 has nothing else`,
  },
  {
    kind: 'setting',
    names: 'cgroupV1',
    goneIn: 35,
    advice: 'Boot with cgroup v2, or set failCgroupV1: false in the configuration of the kubelet.',
    source: `KEP-5573; ${CHANGELOG}/CHANGELOG-1.35.md: failCgroupV1 is true by default (kubernetes#134298)`,
  },
  {
    kind: 'volume plug-in',
    names: 'flexVolume',
    goneIn: 36,
    advice:
      "Move the volumes to a CSI driver: kubeadm's controller manager no longer attaches FlexVolumes without changes by hand.",
    source: `${CHANGELOG}/CHANGELOG-1.36.md: kubeadm drops flex-volumes`,
  },
  {
    kind: 'volume plug-in',
    names: 'gitRepo',
    goneIn: 36,
    advice: 'Clone the repository in an init container into an emptyDir volume instead.',
    source: 'KEP-5040: disabled since 1.33, from 1.36 on without a way to enable it (kubernetes#136400)',
  },
  {
    kind: 'runtime',
    names: 'withoutRuntimeConfig',
    goneIn: 38,
    advice: 'Install containerd 2.',
    source: `${CHANGELOG}/CHANGELOG-1.37.md: the fallback for runtimes without CRI RuntimeConfig (containerd 1.x) goes in 1.38 (kubernetes#139121)`,
  },
];

const INDEX = new Map(
  [
    ...REMOVALS,
    ...REMOVED_GATES.map(([goneIn, names]) => ({
      kind: 'feature gate' as const,
      names,
      goneIn,
      advice: OF_GATE,
      source: SOURCE_OF_GATES,
    })),
  ].flatMap((row) => row.names.split(/\s+/).map((name) => [`${row.kind} ${name}`, row] as const)),
);

/** What is known of a thing that a kubelet of that minor version does not have any more; undefined if it has it. */
export function removalOf(kind: Kind, name: string, minor: number): Removal | undefined {
  const row = INDEX.get(`${kind} ${name}`);
  return row !== undefined && minor >= row.goneIn ? row : undefined;
}

/** True for a flag that only dockershim took. */
export function isDockershimFlag(name: string): boolean {
  return INDEX.get(`flag ${name}`)?.source === OF_DOCKERSHIM;
}
