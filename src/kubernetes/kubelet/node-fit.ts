import { isIP } from 'node:net';
import { PATHS } from '../../host/node-paths.ts';
import { canonicalAddress, isLoopback, sameAddress } from '../../lib/cidr.ts';
import { quantityOf } from '../quantity.ts';
import { removalOf } from '../removals.ts';
import { clusterDnsOf } from './configuration.ts';
import { refusedGates, whyRefused } from './feature-gates.ts';
import { mistypedFields } from './field-types.ts';
import { reservesCpu } from './field-values.ts';
import { memoryManagerFault } from './memory-manager.ts';

/** What a node is, as far as a kubelet's configuration depends on it. */
export interface FitFacts {
  /** Minor version of the kubelet. */
  readonly minor: number;
  /** Whether a path that the configuration names is there; for the paths of {@link pathsIn}. */
  readonly exists: (path: string) => boolean;
  /** Whether a path is on a file system that is mounted read-only. */
  readonly isReadOnly: (path: string) => boolean;
  /** Addresses of its network interfaces, without lengths. */
  readonly addresses: readonly string[];
  readonly serviceCidrs: readonly string[];
  /** Numbers of its processors that are online; empty if not known. */
  readonly cpus: readonly number[];
  /** Numbers of its NUMA nodes that are online; empty if not known. */
  readonly numaNodes: readonly number[];
  /** 0 if not known. */
  readonly memoryBytes: number;
  /** Feature gates that the kubelet lists in its help; undefined if it cannot be asked. */
  readonly featureGates?: ReadonlySet<string>;
}

type Settings = Record<string, unknown>;

/** The configuration, and one sentence for each value that was another machine's. */
export interface Fitted {
  readonly configuration: Settings;
  readonly changes: readonly string[];
}

type Tell = (text: string) => void;
type Rule = (settings: Settings, facts: FitFacts, tell: Tell) => void;

/** The kubelet makes it, and every kubelet may write there. */
const PLUGIN_FOLDER = `${PATHS.kubelet.directory}/volumeplugins`;
const DEFAULT_PLUGIN_FOLDER = `${PATHS.kubernetes.plugins}/kubelet-plugins/volume/exec/`;

const FILES = ['resolvConf', 'tlsCertFile', 'tlsPrivateKeyFile', 'imageServiceEndpoint'];
const CGROUPS: Readonly<Record<string, string>> = {
  systemReservedCgroup: 'system-reserved',
  kubeReservedCgroup: 'kube-reserved',
};

/** The paths on the node that a configuration depends on; of a cgroup those under which it may lie. */
export function pathsIn(configuration: Readonly<Settings>): string[] {
  const files = FILES.flatMap((key) => pathOf(configuration[key]) ?? []);
  const cgroups = [...Object.keys(CGROUPS), 'cgroupRoot'].flatMap((key) => cgroupPaths(configuration[key]));
  return [...files, ...cgroups];
}

/**
 * Lays aside what is another machine's in the kubelet configuration of a cluster: a kubelet exits, or starts no pod,
 * over a file, an address, a processor or a feature gate that it does not have. What is laid aside becomes the
 * kubelet's own default.
 */
export function fitToNode(given: Readonly<Settings>, facts: FitFacts): Fitted {
  const configuration: Settings = { ...given };
  const changes: string[] = [];
  for (const rule of RULES) rule(configuration, facts, (text) => changes.push(text));
  return { configuration, changes };
}

const type: Rule = (settings) => {
  settings.apiVersion ??= 'kubelet.config.k8s.io/v1beta1';
  settings.kind ??= 'KubeletConfiguration';
};

/** A value that is unmistakable is written as the kubelet decodes it; any other is refused before a join. */
const types: Rule = (settings, _, tell) => {
  for (const { name, meant, problem } of mistypedFields(settings)) {
    if (meant === undefined) continue;
    settings[name] = meant;
    tell(`${problem}, over which a kubelet exits; ${JSON.stringify(meant)} is used`);
  }
};

const resolvConf: Rule = (settings, { exists }, tell) => {
  const path = pathOf(settings.resolvConf);
  if (path === undefined || exists(path)) return;
  delete settings.resolvConf;
  tell(`resolvConf: ${path} does not exist on this node; /etc/resolv.conf is used`);
};

const servingCertificate: Rule = (settings, { exists }, tell) => {
  const paths = [settings.tlsCertFile, settings.tlsPrivateKeyFile].map(pathOf);
  const missing = paths.filter((path) => path !== undefined && !exists(path));
  if (missing.length === 0) return;
  delete settings.tlsCertFile;
  delete settings.tlsPrivateKeyFile;
  tell(
    `tlsCertFile, tlsPrivateKeyFile: ${missing.join(', ')} does not exist on this node; the kubelet makes its own certificate`,
  );
};

const volumePlugins: Rule = (settings, { minor, isReadOnly }, tell) => {
  const path = pathOf(settings.volumePluginDir) ?? DEFAULT_PLUGIN_FOLDER;
  // The key is younger than the flag.
  if (minor < 19 || !isReadOnly(path)) return;
  settings.volumePluginDir = PLUGIN_FOLDER;
  tell(`volumePluginDir: ${path} is on a read-only file system; ${PLUGIN_FOLDER} is used`);
};

const imageService: Rule = (settings, { exists }, tell) => {
  const path = pathOf(settings.imageServiceEndpoint);
  if (path === undefined || exists(path)) return;
  delete settings.imageServiceEndpoint;
  tell(`imageServiceEndpoint: ${path} does not exist on this node; the runtime's endpoint is used`);
};

/** A kubelet that cannot bind exits. */
const listeners: Rule = (settings, { addresses }, tell) => {
  const fallback: Readonly<Record<string, string>> = { address: '0.0.0.0', healthzBindAddress: '127.0.0.1' };
  for (const [key, usual] of Object.entries(fallback)) {
    const address = settings[key];
    if (typeof address !== 'string' || address === '') continue;
    const everywhere = isLoopback(address) || /^(0\.0\.0\.0|::)$/.test(canonicalAddress(address) ?? '');
    const here = everywhere
      ? isIP(address) === 4 || addresses.some((each) => isIP(each) === 6)
      : addresses.some((each) => sameAddress(each, address));
    if (here || addresses.length === 0) continue;
    settings[key] = usual;
    tell(`${key}: this node does not have the address ${address}; ${usual} is used`);
  }
};

const clusterDns: Rule = (settings, { serviceCidrs }, tell) => {
  const given = Array.isArray(settings.clusterDNS) ? settings.clusterDNS.map(String) : [];
  const families = new Set(serviceCidrs.map((cidr) => isIP(cidr.split('/')[0] ?? '')).filter((family) => family !== 0));
  const fits = (address: string): boolean =>
    isIP(address) !== 0 && (families.size === 0 || families.has(isIP(address)) || isLinkLocal(address));
  const wrong = given.filter((address) => !fits(address));
  if (wrong.length === 0) return;
  const kept = given.filter(fits);
  const computed = kept.length > 0 ? undefined : clusterDnsOf(serviceCidrs[0] ?? '');
  const used = computed === undefined ? kept : [computed];
  if (used.length > 0) settings.clusterDNS = used;
  else delete settings.clusterDNS;
  const malformed = wrong.filter((address) => isIP(address) === 0);
  const why =
    malformed.length > 0
      ? `${malformed.join(', ')} is not an IP address`
      : `${wrong.join(', ')} is not an address of the Service CIDR's family`;
  tell(`clusterDNS: ${why}; ${used.join(', ') || 'none'} is used`);
};

/** Of a cache on the node itself. */
function isLinkLocal(address: string): boolean {
  return /^(169\.254\.|fe80:)/i.test(address);
}

/**
 * A kubelet exits over a gate that it does not know, and over another value of one that it has locked. Those that are no
 * longer optional are not listed, and do nothing. One that cannot be asked knows at least those that were not removed.
 */
const featureGates: Rule = (settings, { featureGates: listed, minor }, tell) => {
  const given = recordOf(settings.featureGates);
  if (!given) return;
  const refused = refusedGates(given, minor);
  const locked = refused.filter(({ lockedTo }) => lockedTo !== undefined);
  const removed = new Set(refused.map(({ name }) => name));
  const isUnknown = (gate: string): boolean => (listed ? !listed.has(gate) : removed.has(gate));
  const unknown = Object.keys(given).filter((gate) => isUnknown(gate) && !locked.some(({ name }) => name === gate));
  if (unknown.length === 0 && locked.length === 0) return;
  const isLeftOut = (gate: string): boolean => isUnknown(gate) || removed.has(gate);
  settings.featureGates = Object.fromEntries(Object.entries(given).filter(([gate]) => !isLeftOut(gate)));
  if (unknown.length > 0) tell(`featureGates: ${unknown.join(', ')} is not a gate of this kubelet, and is left out`);
  for (const gate of locked)
    tell(`featureGates: ${gate.name}=${given[gate.name]} is left out: kubelet ${whyRefused(gate)}`);
};

/** A kubelet refuses to start with them on. */
const removedKeys: Rule = (settings, { minor }, tell) => {
  for (const [key, value] of Object.entries(settings)) {
    const removal = value === true ? removalOf('setting', key, minor) : undefined;
    if (removal === undefined) continue;
    delete settings[key];
    tell(`${key}: kubelet 1.${minor} refuses it since 1.${removal.goneIn}, and it is left out`);
  }
};

/** Since 1.35 defaults of kubeadm; an older kubelet refuses them. Source: clastix/kamaji#1062. */
const laterKeys: Rule = (settings, { minor }, tell) => {
  if (minor >= 35) return;
  const gates = recordOf(settings.featureGates) ?? {};
  for (const [key, gate] of [
    ['crashLoopBackOff', 'KubeletCrashLoopBackOffMax'],
    ['imagePullCredentialsVerificationPolicy', 'KubeletEnsureSecretPulledImages'],
  ] as const) {
    if (settings[key] === undefined || gates[gate] === true) continue;
    delete settings[key];
    tell(`${key}: kubelet 1.${minor} refuses it without the feature gate ${gate}, and it is left out`);
  }
};

const reservedCpus: Rule = (settings, { cpus }, tell) => {
  const given = settings.reservedSystemCPUs;
  if (typeof given !== 'string' || given === '' || cpus.length === 0) return;
  const wanted = cpuSet(given);
  if (wanted.every((cpu) => cpus.includes(cpu)) && wanted.length < cpus.length) return;
  const here = wanted.filter((cpu) => cpus.includes(cpu));
  const kept = here.length > 0 && here.length < cpus.length ? here : cpus.slice(0, 1);
  if (cpus.length > 1) settings.reservedSystemCPUs = kept.join(',');
  else delete settings.reservedSystemCPUs;
  tell(
    `reservedSystemCPUs: ${given} does not fit the processors of this node (${cpus.join(',')}); ${cpus.length > 1 ? kept.join(',') : 'none'} is used`,
  );
};

/** `0-3,8` as numbers. */
export function cpuSet(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first = Number.NaN, last = first] = part.trim().split('-').map(Number);
    if (!Number.isInteger(first) || !Number.isInteger(last) || last - first > 4096) return [];
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  });
}

const RESERVATIONS = ['systemReserved', 'kubeReserved'];
/** Source: kubernetes, cmd/kubelet/app/server.go, parseResourceList. */
const RESERVABLE = ['cpu', 'memory', 'ephemeral-storage', 'pid'];

/** A kubelet exits over a reservation that it cannot read. */
const readableReservations: Rule = (settings, _, tell) => {
  for (const key of RESERVATIONS) {
    for (const [resource, amount] of Object.entries(recordOf(settings[key]) ?? {})) {
      const quantity = quantityOf(String(amount));
      if (RESERVABLE.includes(resource) && quantity !== undefined && quantity >= 0) continue;
      settings[key] = without(settings[key], resource);
      tell(`${key}: the kubelet does not accept ${resource}: ${String(amount)}, and it is left out`);
    }
  }
};

/**
 * A kubelet exits where more is reserved than there is; what it evicts pods over counts too.
 * Source: kubernetes, pkg/kubelet/cm, validateNodeAllocatable.
 */
const reservedResources: Rule = (settings, { cpus, memoryBytes }, tell) => {
  const kept = { cpu: 0, memory: evictedBelow(settings, memoryBytes) };
  const capacity = { cpu: cpus.length, memory: memoryBytes };
  for (const resource of ['cpu', 'memory'] as const) {
    const has = capacity[resource];
    const sources = RESERVATIONS.filter((key) => recordOf(settings[key])?.[resource] !== undefined);
    const asked = sources.reduce(
      (sum, key) => sum + (quantityOf(String(recordOf(settings[key])?.[resource])) ?? 0),
      kept[resource],
    );
    if (has === 0 || sources.length === 0 || asked < has) continue;
    for (const key of sources) settings[key] = without(settings[key], resource);
    tell(
      `${sources.join(', ')}: more ${resource} is reserved than this node has; the reservation of ${resource} is left out`,
    );
  }
};

/** A kubelet exits over the static policy if no processor is reserved any more. */
const staticPolicy: Rule = (settings, _, tell) => {
  if (settings.cpuManagerPolicy !== 'static' || reservesCpu(settings)) return;
  settings.cpuManagerPolicy = 'none';
  tell('cpuManagerPolicy: static needs a reservation of cpu, which does not fit this node; none is used');
};

/** Another machine may have other NUMA nodes, or its reservations. */
const memoryPolicy: Rule = (settings, { numaNodes, memoryBytes }, tell) => {
  const reserved = RESERVATIONS.map((key) => quantityOf(String(recordOf(settings[key])?.memory ?? 0)) ?? 0);
  const kept = reserved.reduce((sum, each) => sum + each, evictedBelow(settings, memoryBytes));
  const fault = memoryManagerFault(settings, numaNodes, kept);
  if (fault === undefined) return;
  settings.memoryManagerPolicy = 'None';
  delete settings.reservedMemory;
  tell(`memoryManagerPolicy: a kubelet with Static exits here, since ${fault}; None is used`);
};

/** Bytes of memory that pods never get, because the kubelet evicts them first. */
function evictedBelow({ evictionHard }: Settings, memoryBytes: number): number {
  const threshold = String(recordOf(evictionHard)?.['memory.available'] ?? (evictionHard ? '0' : '100Mi'));
  const [, percent] = /^(.+)%$/.exec(threshold) ?? [];
  return percent === undefined ? (quantityOf(threshold) ?? 0) : (memoryBytes * Number(percent)) / 100 || 0;
}

function without(record: unknown, key: string): Settings {
  const { [key]: _, ...rest } = recordOf(record) ?? {};
  return rest;
}

const cgroups: Rule = (settings, { exists }, tell) => {
  for (const [key, enforced] of Object.entries(CGROUPS)) {
    const name = settings[key];
    const list = Array.isArray(settings.enforceNodeAllocatable) ? settings.enforceNodeAllocatable.map(String) : [];
    if (typeof name !== 'string' || name === '' || cgroupPaths(name).some(exists)) continue;
    delete settings[key];
    settings.enforceNodeAllocatable = list.filter((each) => !each.startsWith(enforced));
    tell(`${key}: this node has no cgroup ${name}; ${enforced} is not enforced`);
  }
  const root = settings.cgroupRoot;
  if (typeof root !== 'string' || root === '' || root === '/' || cgroupPaths(root).some(exists)) return;
  delete settings.cgroupRoot;
  tell(`cgroupRoot: this node has no cgroup ${root}; / is used`);
};

/** Each node has its own. */
const identity: Rule = (settings, _, tell) => {
  if (typeof settings.providerID === 'string' && settings.providerID !== '') {
    tell(`providerID: ${settings.providerID} is another machine's, and is left out`);
    delete settings.providerID;
  }
  if (settings.registerNode === false) {
    settings.registerNode = true;
    tell('registerNode: false would keep the node out of the cluster, and is left out');
  }
};

const RULES: readonly Rule[] = [
  type,
  types,
  resolvConf,
  servingCertificate,
  volumePlugins,
  imageService,
  listeners,
  clusterDns,
  featureGates,
  removedKeys,
  laterKeys,
  reservedCpus,
  readableReservations,
  reservedResources,
  staticPolicy,
  memoryPolicy,
  cgroups,
  identity,
];

function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** A path, also one behind `unix://`. */
function pathOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const path = value.replace(/^unix:\/\//, '');
  return path.startsWith('/') ? path : undefined;
}

/** Where a cgroup may lie: v2, v1, and as systemd's driver names it. */
function cgroupPaths(value: unknown): string[] {
  if (typeof value !== 'string' || value === '' || value === '/') return [];
  const name = value.replace(/^\/+/, '');
  const spellings = [name, `${name}.slice`];
  return spellings.flatMap((spelling) => [`/sys/fs/cgroup/${spelling}`, `/sys/fs/cgroup/memory/${spelling}`]);
}
