import { parseDuration } from '../../lib/duration.ts';
import { quantityOf } from '../quantity.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Each returns why a kubelet would exit over the value of a field, or undefined. */
type Rule = (value: unknown, settings: Settings, minor: number) => string | undefined;

const between =
  (lowest: number, highest: number) =>
  (value: unknown): string | undefined =>
    typeof value !== 'number' || (Number.isInteger(value) && value >= lowest && value <= highest)
      ? undefined
      : highest === Number.POSITIVE_INFINITY
        ? `${value} is ${value < lowest ? `less than ${lowest}` : 'not a whole number'}`
        : `${value} is not between ${lowest} and ${highest}`;

const oneOf =
  (...names: readonly string[]) =>
  (value: unknown): string | undefined =>
    typeof value !== 'string' || value === '' || names.includes(value)
      ? undefined
      : `"${value}" is not one of ${names.join(', ')}`;

/** Source: kubernetes, pkg/kubelet/eviction/helpers.go; the ones of containerfs since 1.31. */
const SIGNALS = [
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'containerfs.available',
  'containerfs.inodesFree',
  'allocatableMemory.available',
  'pid.available',
];

const thresholds = (value: unknown): string | undefined =>
  firstOf(
    value,
    (signal, amount) =>
      signalFault(signal) ??
      amountFault(amount) ??
      (quantityOf(amount) === 0 ? `${signal} is zero; 0% is allowed` : undefined),
  );

const reclaims = (value: unknown): string | undefined =>
  firstOf(value, (signal, amount) => signalFault(signal) ?? amountFault(amount));

const softThresholds: Rule = (value, { evictionSoftGracePeriod }) =>
  thresholds(value) ??
  firstOf(value, (signal) =>
    Object.hasOwn(Object(evictionSoftGracePeriod ?? {}), signal)
      ? undefined
      : `evictionSoftGracePeriod has no entry for ${signal}`,
  );

const gracePeriods = (value: unknown): string | undefined =>
  firstOf(
    value,
    (signal, period) =>
      signalFault(signal) ?? (parseDuration(period) === undefined ? `"${period}" is not a duration` : undefined),
  );

/**
 * Sources: Go 1.26, crypto/tls, CipherSuites and InsecureCipherSuites; the two without a hash are old names that
 * component-base, cli/flag/ciphersuites_flag.go, takes as well.
 */
const CIPHER_SUITES = new Set(
  `TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_ECDSA_WITH_RC4_128_SHA TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_RSA_WITH_RC4_128_SHA TLS_RSA_WITH_3DES_EDE_CBC_SHA
  TLS_RSA_WITH_AES_128_CBC_SHA TLS_RSA_WITH_AES_128_CBC_SHA256 TLS_RSA_WITH_AES_128_GCM_SHA256
  TLS_RSA_WITH_AES_256_CBC_SHA TLS_RSA_WITH_AES_256_GCM_SHA384 TLS_RSA_WITH_RC4_128_SHA`.split(/\s+/),
);

/**
 * What a kubelet validates when it starts. Rules that depend on feature gates, and settings that {@link fitToNode} sets
 * right, are not among them.
 * Source: kubernetes, pkg/kubelet/apis/config/validation/validation.go, 1.20 to 1.37.
 */
const RULES: Readonly<Record<string, Rule>> = {
  // Not validated, but the kubelet exits over it: kubernetes, pkg/kubelet/logs, parseMaxSize.
  containerLogMaxSize: (value) =>
    typeof value !== 'string' || value === '' || quantityOf(value) !== undefined
      ? undefined
      : `"${value}" is not a quantity such as 10Mi`,
  containerLogMaxFiles: between(2, Number.POSITIVE_INFINITY),
  cpuManagerPolicy: (value, settings) =>
    oneOf('none', 'static')(value) ??
    (value === 'static' && !reservesCpu(settings)
      ? 'static needs cpu in systemReserved or kubeReserved, or reservedSystemCPUs'
      : undefined),
  enforceNodeAllocatable: (value, settings) => enforcementFault(value, settings),
  eventBurst: between(0, Number.POSITIVE_INFINITY),
  eventRecordQPS: between(0, Number.POSITIVE_INFINITY),
  evictionHard: thresholds,
  evictionMinimumReclaim: reclaims,
  evictionSoft: softThresholds,
  evictionSoftGracePeriod: gracePeriods,
  hairpinMode: oneOf('promiscuous-bridge', 'hairpin-veth', 'none'),
  healthzPort: between(0, 65_535),
  imageGCHighThresholdPercent: between(0, 100),
  imageMaximumGCAge: (value, { imageMinimumGCAge = '2m' }) => {
    const [most = 0, least = 0] = [value, imageMinimumGCAge].map((age) => parseDuration(String(age)));
    return most > 0 && most <= least
      ? `${value} is not longer than imageMinimumGCAge, which is ${imageMinimumGCAge}`
      : undefined;
  },
  imageGCLowThresholdPercent: (value, { imageGCHighThresholdPercent: high = 85 }) =>
    between(0, 100)(value) ??
    (Number(value) >= Number(high)
      ? `${value} is not less than imageGCHighThresholdPercent, which is ${high}`
      : undefined),
  iptablesDropBit: between(0, 31),
  iptablesMasqueradeBit: between(0, 31),
  kubeAPIBurst: between(0, Number.POSITIVE_INFINITY),
  kubeAPIQPS: between(0, Number.POSITIVE_INFINITY),
  maxParallelImagePulls: (value, { serializeImagePulls = true }) =>
    between(1, Number.POSITIVE_INFINITY)(value) ??
    (Number(value) > 1 && serializeImagePulls !== false ? `${value} needs serializeImagePulls: false` : undefined),
  maxOpenFiles: between(0, Number.POSITIVE_INFINITY),
  maxPods: between(0, Number.POSITIVE_INFINITY),
  memorySwap: (value, _, minor) => swapFault(value, minor),
  nodeLeaseDurationSeconds: between(1, Number.POSITIVE_INFINITY),
  nodeStatusMaxImages: between(-1, Number.POSITIVE_INFINITY),
  oomScoreAdj: between(-1000, 1000),
  podsPerCore: between(0, Number.POSITIVE_INFINITY),
  port: between(1, 65_535),
  readOnlyPort: between(0, 65_535),
  registerWithTaints: (value) => (Array.isArray(value) ? value.map(taintFault).find(Boolean) : undefined),
  registryBurst: between(0, Number.POSITIVE_INFINITY),
  registryPullQPS: between(0, Number.POSITIVE_INFINITY),
  reservedSystemCPUs: (value, { systemReservedCgroup: system, kubeReservedCgroup: kube }) =>
    value !== '' && (system || kube) ? 'it cannot be used with systemReservedCgroup or kubeReservedCgroup' : undefined,
  shutdownGracePeriod: underASecond,
  shutdownGracePeriodCriticalPods: (value, { shutdownGracePeriod = '0s' }) =>
    underASecond(value) ??
    ((parseDuration(String(value)) ?? 0) > (parseDuration(String(shutdownGracePeriod)) ?? 0)
      ? `${value} is longer than shutdownGracePeriod, which is ${shutdownGracePeriod}`
      : undefined),
  systemCgroups: (value, { cgroupRoot = '' }) =>
    value !== '' && cgroupRoot === '' ? 'it needs cgroupRoot' : undefined,
  tlsCipherSuites: (value) => {
    const unknown = Array.isArray(value) ? value.find((name) => !CIPHER_SUITES.has(String(name))) : undefined;
    return unknown === undefined ? undefined : `"${unknown}" is not a cipher suite of Go`;
  },
  tlsMinVersion: oneOf('VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13'),
  topologyManagerPolicy: oneOf('none', 'best-effort', 'restricted', 'single-numa-node'),
  topologyManagerScope: oneOf('container', 'pod'),
};

const ENFORCEMENTS: Readonly<Record<string, string | undefined>> = {
  none: undefined,
  pods: undefined,
  'system-reserved': 'systemReservedCgroup',
  'system-reserved-compressible': 'systemReservedCgroup',
  'kube-reserved': 'kubeReservedCgroup',
  'kube-reserved-compressible': 'kubeReservedCgroup',
};

function enforcementFault(value: unknown, settings: Settings): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const names = value.map(String);
  if (names.includes('none')) return names.length > 1 ? '"none" does not go with others' : undefined;
  for (const name of names) {
    if (!Object.hasOwn(ENFORCEMENTS, name)) return `"${name}" is not one of ${Object.keys(ENFORCEMENTS).join(', ')}`;
    const needed = ENFORCEMENTS[name];
    if (needed && !settings[needed]) return `${name} needs ${needed}`;
  }
  return names.length > 0 && settings.cgroupsPerQOS === false
    ? `${names.join(', ')} needs cgroupsPerQOS: true`
    : undefined;
}

function taintFault(taint: unknown): string | undefined {
  const { key = '', effect, timeAdded } = Object(taint ?? {}) as Settings;
  if (timeAdded !== undefined && timeAdded !== null) return `timeAdded of ${key} must not be set`;
  const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
  // CheckTaintValidation of pkg/util/taints takes a taint without an effect.
  return effects.includes(String(effect || 'NoSchedule'))
    ? undefined
    : `the effect "${effect}" of ${key} is not one of ${effects.join(', ')}`;
}

function underASecond(value: unknown): string | undefined {
  const period = parseDuration(String(value)) ?? 0;
  return period > 0 && period < 1000 ? `${value} is less than one second` : undefined;
}

/** One sentence for each value over which a kubelet exits: `maxPods: -1 is less than 0`. */
export function refusedValues(configuration: Settings, minor: number): string[] {
  return Object.entries(RULES).flatMap(([name, rule]) => {
    const why = configuration[name] === undefined ? undefined : rule(configuration[name], configuration, minor);
    return why === undefined ? [] : [`${name}: ${why}`];
  });
}

/** Whether a configuration keeps processors from pods, which the static policy needs. */
export function reservesCpu({ systemReserved, kubeReserved, reservedSystemCPUs }: Settings): boolean {
  if (typeof reservedSystemCPUs === 'string' && reservedSystemCPUs !== '') return true;
  return [systemReserved, kubeReserved].some((reserved) => {
    const { cpu } = Object(reserved ?? {}) as { cpu?: unknown };
    return cpu !== undefined && (quantityOf(String(cpu)) ?? 0) > 0;
  });
}

/** Source: kubernetes#122745: UnlimitedSwap was removed in 1.30. */
function swapFault(value: unknown, minor: number): string | undefined {
  const { swapBehavior } = Object(value ?? {}) as { swapBehavior?: unknown };
  const names = minor >= 30 ? ['LimitedSwap', 'NoSwap'] : ['LimitedSwap', 'UnlimitedSwap'];
  if (minor === 28 || minor === 29) names.push('NoSwap');
  const fault = oneOf(...names)(swapBehavior);
  return fault && `swapBehavior ${fault}`;
}

function firstOf(map: unknown, judge: (key: string, text: string) => string | undefined): string | undefined {
  if (typeof map !== 'object' || map === null || Array.isArray(map)) return undefined;
  for (const [key, value] of Object.entries(map)) {
    const why = judge(key, String(value));
    if (why !== undefined) return why;
  }
  return undefined;
}

function signalFault(signal: string): string | undefined {
  return SIGNALS.includes(signal) ? undefined : `${signal} is not an eviction signal (${SIGNALS.join(', ')})`;
}

function amountFault(amount: string): string | undefined {
  const [, percent] = /^([\d.]+)%$/.exec(amount) ?? [];
  if (percent !== undefined) return Number(percent) <= 100 ? undefined : `${amount} is more than 100%`;
  const quantity = quantityOf(amount);
  if (quantity === undefined) return `"${amount}" is not a quantity such as 100Mi or 10%`;
  return quantity < 0 ? `${amount} is negative` : undefined;
}
