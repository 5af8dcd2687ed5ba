import { compareVersions } from '../../kubernetes/version.ts';

/** What a release of the vendor's Kubernetes brings. */
interface ReleasedAddon {
  readonly name: string;
  /** The first cluster version that has it. */
  readonly since: string;
  /** The last one; undefined: it is still there. */
  readonly until?: string;
  /** Undefined if the guide gives none. */
  readonly version?: string;
}

/**
 * Source: the vendor's user guide of 2022-07, release notes of 1.16, 1.18 and 1.20 (3.1 to 3.3) and Log Service (9.1);
 * edge-controller-manager: its page of network settings for Flannel.
 */
const RELEASED: readonly ReleasedAddon[] = [
  { name: 'metrics-server', since: '1.16.0', version: 'v0.3.8' },
  { name: 'yurt-app-manager', since: '1.16.0' },
  { name: 'kube-flannel-ds', since: '1.20.0', version: 'v0.13.1.3-6838863-aliyun' },
  { name: 'coredns', since: '1.20.0', version: '1.8.4' },
  { name: 'cloud-hub', since: '1.20.0' },
  { name: 'logtail-ds', since: '1.18.9' },
  { name: 'alibaba-log-controller', since: '1.12.0', until: '1.18.8' },
  { name: 'logtail-ds-docker', since: '1.12.0', until: '1.18.8' },
];

/** Add-ons without which a feature of the guide does not work. */
const NEEDED: Readonly<Record<string, { readonly version: string; readonly feature: string }>> = {
  'edge-controller-manager': { version: '2.1', feature: 'an on-cloud proxy node (Express Connect)' },
};

/** What a release brings for its nodes: not add-ons. */
const NODE_SOFTWARE: readonly { readonly since: string; readonly what: string }[] = [
  { since: '1.16.0', what: 'runc 1.0.0-rc10 on arm and arm64' },
  { since: '1.20.0', what: 'containerd 1.4.8' },
];

/**
 * Below zero if the first is older; undefined if they cannot be compared. `v0.13.1.3-6838863-aliyun` is 0.13.1.3: the
 * rest is a commit.
 */
export function compareAddonVersions(one: string, other: string): number | undefined {
  const [a, b] = [numbersOf(one), numbersOf(other)];
  if (!a || !b) return undefined;
  const length = Math.max(a.length, b.length);
  const differences = Array.from({ length }, (_, index) => (a[index] ?? 0) - (b[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}

function numbersOf(version: string): number[] | undefined {
  const [, numbers] = /^v?(\d+(?:\.\d+)*)/.exec(version) ?? [];
  return numbers?.split('.').map(Number);
}

/** What the guide says of an add-on in a cluster of this version, if it concerns the installed one. */
export function addonNotes(name: string, installed: string | undefined, clusterVersion: string): string[] {
  const released = RELEASED.find((each) => each.name === name);
  const needed = NEEDED[name];
  return [
    ...(released ? releaseNotes(released, installed, clusterVersion) : []),
    ...(needed && installed && isOlder(installed, needed.version)
      ? [`${needed.feature} needs ${needed.version} or later`]
      : []),
  ];
}

function releaseNotes({ since, until, version }: ReleasedAddon, installed: string | undefined, cluster: string) {
  if (until !== undefined && compareVersions(cluster, until) > 0)
    return installed ? [`for Kubernetes ${until} and earlier only`] : [];
  if (compareVersions(cluster, since) < 0) return [];
  const release = `Kubernetes ${shortened(since)}`;
  // Without the commit, which is too long for a column and has no order.
  const short = version?.replace(/-.*/, '');
  if (!installed) return version ? [`${release} ships with ${short}`] : [];
  return version && isOlder(installed, version) ? [`outdated: ${release} ships with ${short}`] : [];
}

function isOlder(one: string, other: string): boolean {
  return (compareAddonVersions(one, other) ?? 0) < 0;
}

/** What the nodes of such a cluster have by the guide. */
export function nodeSoftwareOf(clusterVersion: string): string[] {
  return NODE_SOFTWARE.filter(({ since }) => compareVersions(clusterVersion, since) >= 0).map(
    ({ since, what }) => `${what} (Kubernetes ${shortened(since)})`,
  );
}

function shortened(version: string): string {
  return version.replace(/\.0$/, '');
}
