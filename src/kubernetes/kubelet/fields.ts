import { closest } from '../../lib/closest.ts';
import { mistypedFields } from './field-types.ts';
import { refusedValues } from './field-values.ts';

/**
 * The fields of KubeletConfiguration by the first minor version that knows them; 17 stands for 1.17 and older. None has
 * been removed since.
 * Source: config/v1beta1/types.go of the module k8s.io/kubelet, v0.17.0 to v0.37.2.
 */
const FIELDS: readonly (readonly [since: number, names: string])[] = [
  [
    17,
    `address allowedUnsafeSysctls authentication authorization cgroupDriver cgroupRoot cgroupsPerQOS
    clusterDNS clusterDomain configMapAndSecretChangeDetectionStrategy containerLogMaxFiles
    containerLogMaxSize contentType cpuCFSQuota cpuCFSQuotaPeriod cpuManagerPolicy cpuManagerReconcilePeriod
    enableContentionProfiling enableControllerAttachDetach enableDebuggingHandlers enforceNodeAllocatable
    eventBurst eventRecordQPS evictionHard evictionMaxPodGracePeriod evictionMinimumReclaim
    evictionPressureTransitionPeriod evictionSoft evictionSoftGracePeriod failSwapOn featureGates
    fileCheckFrequency hairpinMode healthzBindAddress healthzPort httpCheckFrequency
    imageGCHighThresholdPercent imageGCLowThresholdPercent imageMinimumGCAge iptablesDropBit
    iptablesMasqueradeBit kubeAPIBurst kubeAPIQPS kubeReserved kubeReservedCgroup kubeletCgroups
    makeIPTablesUtilChains maxOpenFiles maxPods nodeLeaseDurationSeconds nodeStatusReportFrequency
    nodeStatusUpdateFrequency oomScoreAdj podCIDR podPidsLimit podsPerCore port protectKernelDefaults
    qosReserved readOnlyPort registryBurst registryPullQPS reservedSystemCPUs resolvConf rotateCertificates
    runtimeRequestTimeout serializeImagePulls serverTLSBootstrap staticPodPath staticPodURL
    staticPodURLHeader streamingConnectionIdleTimeout syncFrequency systemCgroups systemReserved
    systemReservedCgroup tlsCertFile tlsCipherSuites tlsMinVersion tlsPrivateKeyFile topologyManagerPolicy
    volumeStatsAggPeriod`,
  ],
  [18, 'showHiddenMetricsForVersion'],
  [
    19,
    `enableServer enableSystemLogHandler kernelMemcgNotification logging nodeStatusMaxImages providerID
    runOnce volumePluginDir`,
  ],
  [20, 'shutdownGracePeriod shutdownGracePeriodCriticalPods topologyManagerScope'],
  [21, 'enableDebugFlagsHandler enableProfilingHandler memoryManagerPolicy reservedMemory'],
  [22, 'cpuManagerPolicyOptions memorySwap memoryThrottlingFactor seccompDefault'],
  [23, 'registerNode registerWithTaints shutdownGracePeriodByPodPriority'],
  [25, 'localStorageCapacityIsolation tracing'],
  [26, 'topologyManagerPolicyOptions'],
  [27, 'containerRuntimeEndpoint enableSystemLogQuery imageServiceEndpoint maxParallelImagePulls'],
  [29, 'imageMaximumGCAge'],
  [30, 'containerLogMaxWorkers containerLogMonitorInterval podLogsDir'],
  [31, 'failCgroupV1'],
  [32, 'crashLoopBackOff singleProcessOOMKill'],
  [
    33,
    `imagePullCredentialsVerificationPolicy mergeDefaultEvictionSettings preloadedImagesVerificationAllowlist
    userNamespaces`,
  ],
  [36, 'memoryReservationPolicy tlsCurvePreferences'],
  [37, 'defaultPodSysctls'],
];

const LAST_KNOWN = 37;
const KIND = 'KubeletConfiguration';
const API_VERSION = 'kubelet.config.k8s.io/v1beta1';
const SINCE = new Map(FIELDS.flatMap(([since, names]) => names.split(/\s+/).map((name) => [name, since] as const)));

/** What a kubelet makes of a configuration that was not written for it. */
export interface ConfigurationVerdict {
  /** Why it would not start, one line for each reason. */
  readonly fatal?: string;
  /** One sentence for each field that it ignores. */
  readonly ignored: readonly string[];
}

/**
 * Judges a configuration for a kubelet of that minor version. A kubelet ignores fields that it does not know and says
 * so in its log alone (kubernetes#83204: it decodes v1beta1 leniently if strict decoding fails); another kind or
 * version, and a value of another type or outside of its limits, is fatal to it.
 */
export function judgeConfiguration(
  configuration: Readonly<Record<string, unknown>>,
  minor: number,
): ConfigurationVerdict {
  const { apiVersion, kind, ...fields } = configuration;
  const isOther = (apiVersion ?? API_VERSION) !== API_VERSION || (kind ?? KIND) !== KIND;
  const unreadable = mistypedFields(fields).flatMap(({ meant, problem }) => (meant === undefined ? [problem] : []));
  const refused = isOther
    ? [`it is ${String(kind)} of ${String(apiVersion)}; kubelets read ${KIND} of ${API_VERSION}`]
    : [...unreadable, ...refusedValues(fields, minor)];
  const fatal = refused.length > 0 ? refused.join('\n') : undefined;
  const ignored = Object.keys(fields).flatMap((name) => {
    const since = SINCE.get(name);
    if (since === undefined) return minor > LAST_KNOWN ? [] : [unknownField(name)];
    return since > minor && since > 17 ? [`${name} is known from 1.${since} on`] : [];
  });
  return { fatal, ignored };
}

function unknownField(name: string): string {
  const near = closest(name, [...SINCE.keys()]);
  return `${name} is known to no kubelet up to 1.${LAST_KNOWN}${near ? ` (did you mean ${near}?)` : ''}`;
}

/** True for a flag that has a field of KubeletConfiguration: `max-pods`, `cluster-dns`. */
export function isFieldsFlag(name: string): boolean {
  return FLAGS_OF_FIELDS.has(name);
}

const FLAGS_OF_FIELDS = new Set(
  [...SINCE.keys()].map((field) =>
    field
      .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
      .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
      .toLowerCase(),
  ),
);
