import { isDockershimFlag, removalOf } from '../removals.ts';
import { minorOf } from '../version.ts';
import { whyRefused, withoutRefusedGates } from './feature-gates.ts';
import type { KubeletSettings } from './settings.ts';
import { WATCH_LISTS_REASON, withPlainLists } from './watch-lists.ts';

export interface MigrationOptions {
  /** Versions of the kubelet before and after. */
  readonly from: string;
  readonly to: string;
  /** Of the node. */
  readonly cgroupVersion: 1 | 2;
  /** True behind an edge-hub that cannot serve watch lists. */
  readonly plainLists?: boolean;
}

interface ConfigurationRow {
  readonly key: string;
  /** First minor version whose kubelet, or whose tools, take an absent key otherwise than before. */
  readonly changesIn: number;
  /** What keeps the old behaviour; undefined: nothing is to be done. */
  readonly value: (options: MigrationOptions & Pick<KubeletSettings, 'flags'>) => unknown;
  readonly source: string;
}

/** Keys that have to be written down, since what their absence means is no longer the same. */
const WRITTEN_KEYS: readonly ConfigurationRow[] = [
  {
    key: 'cgroupDriver',
    changesIn: 22,
    value: ({ flags }) => (hasFlag(flags, 'cgroup-driver') ? undefined : 'cgroupfs'),
    source:
      'kubernetes.io, "Configuring a cgroup driver": absent, kubeadm takes it for systemd from 1.22 on, the kubelet for cgroupfs; a runtime that names its own (KEP-4033, since 1.34) is believed before this key',
  },
  {
    key: 'failCgroupV1',
    changesIn: 35,
    value: ({ cgroupVersion }) => (cgroupVersion === 1 ? false : undefined),
    source: 'KEP-5573: from 1.35 on the default of failCgroupV1 is true, and the kubelet refuses cgroup v1',
  },
];

/** ConfigMaps in kube-system from which a node takes the kubelet's configuration of its cluster, when it joins. */
const CONFIG_MAPS = [
  {
    name: (minor: number) => `kubelet-config-1.${minor}`,
    to: 23,
    source: 'kubeadm up to 1.23 makes one for each minor version of the control plane',
  },
  {
    name: () => 'kubelet-config',
    to: Infinity,
    source: 'CHANGELOG-1.24: UnversionedKubeletConfigMap is on (1.25: always), also where a cluster is upgraded',
  },
] as const;

/**
 * The settings for a newer kubelet. What it still takes is not changed, users' own flags among them.
 * @returns them with one sentence for each thing that was changed
 */
export function migrateKubelet(
  { flags, configuration }: KubeletSettings,
  options: MigrationOptions,
): KubeletSettings & { readonly changes: readonly string[] } {
  const [from, to] = [minorOf(options.from), minorOf(options.to)];
  const rows = WRITTEN_KEYS.filter(({ changesIn }) => from < changesIn && to >= changesIn);
  const changes: string[] = [];
  const written: Record<string, unknown> = {};
  for (const { key, changesIn, value } of rows) {
    const kept = configuration[key] === undefined ? value({ ...options, flags }) : undefined;
    if (kept === undefined) continue;
    written[key] = kept;
    changes.push(`${key}: set to ${String(kept)}, because 1.${changesIn} changes the default`);
  }
  const known = withoutRemoved({ flags, configuration }, to, (text) => changes.push(text));
  const migrated = { ...known.configuration, ...written };
  const listed = options.plainLists ? withPlainLists(options.to, migrated) : migrated;
  if (listed !== migrated) changes.push(`featureGates.WatchListClient: set to false: ${WATCH_LISTS_REASON}`);
  return { flags: known.flags, configuration: listed, changes };
}

/**
 * The settings without what the kubelet of that minor version would exit over.
 * @param tell receives one sentence for each thing, without its full stop
 */
export function withoutRemoved(
  { flags, configuration }: KubeletSettings,
  to: number,
  tell: (text: string) => void,
): KubeletSettings {
  const left = withoutFlags(flags, (name) => {
    const removal = removalOf('flag', name, to);
    if (removal) tell(`--${name} is removed: 1.${removal.goneIn} no longer has it`);
    return removal !== undefined;
  });
  const keys = Object.entries(configuration).filter(([key, value]) => {
    const removal = value === true ? removalOf('setting', key, to) : undefined;
    if (removal) tell(`${key} is removed: 1.${removal.goneIn} no longer accepts it`);
    return removal === undefined;
  });
  const { gates, ...settings } = withoutRefusedGates({ flags: left, configuration: Object.fromEntries(keys) }, to);
  for (const gate of gates) tell(`feature gate ${gate.name} is removed: ${whyRefused(gate)}`);
  return settings;
}

function hasFlag(words: readonly string[], name: string): boolean {
  return words.some((word) => /^--?([\w-]+)/.exec(word)?.[1] === name);
}

/** A flag may have its value behind `=` or as the next word. */
function withoutFlags(words: readonly string[], isGone: (name: string) => boolean): string[] {
  const left: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const match = /^--?([\w-]+)(=)?/.exec(word);
    if (!match || !isGone(match[1] ?? '')) left.push(word);
    else if (!match[2] && words[i + 1] !== undefined && !words[i + 1]?.startsWith('-')) i++;
  }
  return left;
}

/** Value of a flag, the last if it is given twice; undefined if it is not given. */
export function flagValue(words: readonly string[], name: string): string | undefined {
  const at = words.findLastIndex((candidate) => /^--?([\w-]+)/.exec(candidate)?.[1] === name);
  if (at < 0) return undefined;
  const word = words[at];
  return word?.includes('=') ? word.slice(word.indexOf('=') + 1) : words[at + 1];
}

/** The same flags without those that name a runtime, and those that only dockershim took. */
export function withoutRuntimeFlags(flags: readonly string[]): string[] {
  const gone = ['container-runtime', 'container-runtime-endpoint'];
  return withoutFlags(flags, (name) => gone.includes(name) || isDockershimFlag(name));
}

/**
 * Which cgroup driver a kubelet works with: its flag overrides its configuration, and it takes `cgroupfs` if neither
 * names one.
 * @see https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/configure-cgroup-driver/
 */
export function cgroupDriverOf({ flags, configuration }: KubeletSettings): string {
  return flagValue(flags, 'cgroup-driver') ?? String(configuration.cgroupDriver ?? 'cgroupfs');
}

/**
 * Names of the ConfigMap with the kubelet's configuration in a cluster of that version, the likelier first: the gate
 * that changes the name could be set either way from 1.23 to 1.24.
 */
export function kubeletConfigMaps(version: string): string[] {
  const minor = minorOf(version);
  const likely = CONFIG_MAPS.filter(({ to }) => minor <= to);
  return [...likely, ...CONFIG_MAPS.filter((row) => !likely.includes(row))].map(({ name }) => name(minor));
}

/** True if the kubelet of that version, started so, speaks to docker through its dockershim. */
export function usesDockershim({ flags, configuration }: KubeletSettings, version: string): boolean {
  if (lacksDockershim(version)) return false;
  const remote = flags.some(
    (flag, i) => /^--?container-runtime(=| |$)/.test(flag) && /remote/.test(`${flag} ${flags[i + 1]}`),
  );
  return !remote && configuration.containerRuntimeEndpoint === undefined;
}

/** True if a kubelet of that version has no dockershim. */
export function lacksDockershim(version: string): boolean {
  return removalOf('runtime', 'dockershim', minorOf(version)) !== undefined;
}
