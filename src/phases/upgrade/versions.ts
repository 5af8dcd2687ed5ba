import { EdgeadmError } from '../../errors/index.ts';
import { compareVersions, parseVersion } from '../../kubernetes/version.ts';
import type { UpgradeSpec, Versions } from './context.ts';

/** Which version the kubelet is to have: what was asked for, else the bundle's, else the control plane's. */
export function wantedVersion(spec: UpgradeSpec, bundle: string | undefined, cluster: string): string {
  const wanted = spec.kubeletVersion ?? spec.targetVersion ?? bundle ?? cluster;
  return `v${wanted.replace(/^v/, '')}`;
}

/** True for one version under two spellings: a build's own suffix counts only where both have one. */
export function sameVersion(one: string, other: string): boolean {
  const suffix = (version: string): string => /\d([-+].*)$/.exec(version)?.[1] ?? '';
  const [a, b] = [suffix(one), suffix(other)];
  return compareVersions(one, other) === 0 && (a === b || a === '' || b === '');
}

/**
 * @throws EdgeadmError UPGRADE_VERSION unless the kubelet goes up by at most one minor version and stays at or below
 *   the API server's version
 */
export function checkVersions({ from, to, cluster }: Versions, spec: UpgradeSpec): void {
  const target = spec.targetVersion;
  if (target !== undefined && compareVersions(target, cluster) > 0) throw notThere(target, cluster);
  if (compareVersions(to, cluster) > 0) throw notThere(to, cluster);
  if (compareVersions(to, from) < 0) {
    throw refused(
      `the node runs ${from}, which is newer than ${to}`,
      'a kubelet is not taken down to an older version',
    );
  }
  const steps = parseVersion(to).minor - parseVersion(from).minor;
  if (steps <= stepOf(from, to)) return;
  const between = `v1.${parseVersion(from).minor + stepOf(from, to)}`;
  throw refused(
    `from ${from} to ${to} is more than one minor version at a time`,
    `${steps} minor versions lie between them`,
    `upgrade to a version ${between} first: edgeadm upgrade --bundle BUNDLE_OF_${between}`,
  );
}

/** The vendor releases every second minor version alone (1.18, 1.20, 1.22 ...): to it, the next one is one step. */
function stepOf(from: string, to: string): number {
  return [from, to].every((version) => version.includes('-aliyun')) ? 2 : 1;
}

function notThere(target: string, cluster: string): EdgeadmError {
  return refused(
    `kubelet target version ${target} does not match cluster version ${cluster}`,
    'a kubelet must not be newer than the API server',
    'upgrade the control plane first',
  );
}

function refused(what: string, why: string, next?: string): EdgeadmError {
  return new EdgeadmError({ code: 'UPGRADE_VERSION', what, why, next });
}
