import { parseDuration } from '../../lib/duration.ts';

type FieldType =
  | 'true or false'
  | 'a number'
  | 'a text'
  | 'a duration such as 10s'
  | 'a list of texts'
  | 'a map of texts'
  | 'a map of true or false'
  | 'a map';

/**
 * The types of the fields of KubeletConfiguration; a kubelet exits over a value of another type. Lists of maps, and
 * what is inside of maps, are not judged.
 * Source: config/v1beta1/types.go of the module k8s.io/kubelet, v0.17.0 to v0.37.2; no field has changed its type.
 */
const FIELDS: Readonly<Record<FieldType, string>> = {
  'true or false': `cgroupsPerQOS cpuCFSQuota enableContentionProfiling enableControllerAttachDetach enableDebugFlagsHandler
    enableDebuggingHandlers enableProfilingHandler enableServer enableSystemLogHandler enableSystemLogQuery failCgroupV1
    failSwapOn kernelMemcgNotification localStorageCapacityIsolation makeIPTablesUtilChains mergeDefaultEvictionSettings
    protectKernelDefaults registerNode rotateCertificates runOnce seccompDefault serializeImagePulls serverTLSBootstrap
    singleProcessOOMKill`,
  'a number': `containerLogMaxFiles containerLogMaxWorkers eventBurst eventRecordQPS evictionMaxPodGracePeriod healthzPort
    imageGCHighThresholdPercent imageGCLowThresholdPercent iptablesDropBit iptablesMasqueradeBit kubeAPIBurst kubeAPIQPS
    maxOpenFiles maxParallelImagePulls maxPods memoryThrottlingFactor nodeLeaseDurationSeconds nodeStatusMaxImages
    oomScoreAdj podPidsLimit podsPerCore port readOnlyPort registryBurst registryPullQPS`,
  'a text': `address cgroupDriver cgroupRoot clusterDomain configMapAndSecretChangeDetectionStrategy
    containerLogMaxSize containerRuntimeEndpoint contentType cpuManagerPolicy hairpinMode healthzBindAddress
    imagePullCredentialsVerificationPolicy imageServiceEndpoint kubeReservedCgroup kubeletCgroups memoryManagerPolicy
    memoryReservationPolicy podCIDR podLogsDir providerID reservedSystemCPUs resolvConf showHiddenMetricsForVersion
    staticPodPath staticPodURL systemCgroups systemReservedCgroup tlsCertFile tlsMinVersion tlsPrivateKeyFile
    topologyManagerPolicy topologyManagerScope volumePluginDir`,
  'a duration such as 10s': `containerLogMonitorInterval cpuCFSQuotaPeriod cpuManagerReconcilePeriod
    evictionPressureTransitionPeriod fileCheckFrequency httpCheckFrequency imageMaximumGCAge imageMinimumGCAge
    nodeStatusReportFrequency nodeStatusUpdateFrequency runtimeRequestTimeout shutdownGracePeriod
    shutdownGracePeriodCriticalPods streamingConnectionIdleTimeout syncFrequency volumeStatsAggPeriod`,
  'a list of texts':
    'allowedUnsafeSysctls clusterDNS enforceNodeAllocatable preloadedImagesVerificationAllowlist tlsCipherSuites',
  'a map of texts': `cpuManagerPolicyOptions evictionHard evictionMinimumReclaim evictionSoft evictionSoftGracePeriod
    kubeReserved qosReserved systemReserved topologyManagerPolicyOptions`,
  'a map of true or false': 'featureGates',
  'a map': 'authentication authorization crashLoopBackOff logging memorySwap tracing userNamespaces',
};

type Scalar = string | number | boolean;

/** Each returns the value in its type, or undefined if it cannot be read as one. */
const READ: Readonly<Record<FieldType, (value: unknown) => unknown>> = {
  'true or false': truth,
  'a number': number,
  'a text': text,
  'a duration such as 10s': (value) => {
    const spelled = text(value);
    return spelled !== undefined && parseDuration(spelled.replace(/^-/, '')) !== undefined ? spelled : undefined;
  },
  'a list of texts': (value) => {
    // `clusterDNS: 10.96.0.10,10.96.0.11`, as the flag has it.
    const items = Array.isArray(value) ? value : [value];
    const texts = items.map((item) =>
      text(item)
        ?.split(',')
        .map((part) => part.trim()),
    );
    return texts.every((item) => item !== undefined) ? texts.flat() : undefined;
  },
  'a map of texts': (value) => mapOf(value, text),
  'a map of true or false': (value) => mapOf(value, truth),
  'a map': (value) => mapOf(value, (each) => each),
};

const TYPES = new Map(
  Object.entries(FIELDS).flatMap(([type, names]) => names.split(/\s+/).map((name) => [name, type as FieldType])),
);

/** A field with a value of another type than the kubelet takes. */
export interface MistypedField {
  /** `maxPods: "110" is not a number`. */
  readonly problem: string;
  readonly name: string;
  /** What was certainly meant; undefined if that is not known. */
  readonly meant?: unknown;
}

/** The fields whose values no kubelet can decode. */
export function mistypedFields(configuration: Readonly<Record<string, unknown>>): MistypedField[] {
  return Object.entries(configuration).flatMap(([name, value]) => {
    const type = TYPES.get(name);
    if (type === undefined || value === null || value === undefined) return [];
    const meant = READ[type](value);
    const shown = JSON.stringify(value);
    if (JSON.stringify(meant) === shown) return [];
    return [{ name, meant, problem: `${name}: ${shown.slice(0, 80)} is not ${type}` }];
  });
}

/** Kubernetes reads YAML 1.1, where `yes` and `off` are truth values. */
function truth(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  if (/^(true|yes|on|y)$/i.test(value)) return true;
  return /^(false|no|off|n)$/i.test(value) ? false : undefined;
}

function number(value: unknown): number | undefined {
  if (typeof value === 'string') return /^-?\d+$/.test(value) ? Number(value) : undefined;
  return typeof value === 'number' ? value : undefined;
}

function text(value: unknown): string | undefined {
  return isScalar(value) ? String(value) : undefined;
}

function isScalar(value: unknown): value is Scalar {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function mapOf<T>(value: unknown, read: (value: unknown) => T | undefined): Record<string, T> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).map(([key, each]) => [key, read(each)] as const);
  if (entries.some(([, each]) => each === undefined)) return undefined;
  return Object.fromEntries(entries) as Record<string, T>;
}
