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
 * @throws EdgeadmError UPGRADE_VERSION unless the target is the control plane's version, and the kubelet goes up by at
 *   most one minor version and stays at or below it
 */
export function checkVersions({ from, to, cluster }: Versions, spec: UpgradeSpec): void {
  const target = spec.targetVersion;
  if (target !== undefined && !sameVersion(target, cluster)) throw notThere(target, cluster);
  if (compareVersions(to, cluster) > 0) throw notThere(to, cluster);
  if (compareVersions(to, from) < 0) {
    throw refused(`the node runs ${from}, which is newer than ${to}`, 'a kubelet cannot be downgraded');
  }
  const steps = parseVersion(to).minor - parseVersion(from).minor;
  if (steps <= stepOf(from, cluster)) return;
  const between = `v1.${parseVersion(from).minor + stepOf(from, cluster)}`;
  throw refused(
    `from ${from} to ${to} is more than one minor version at a time`,
    `${steps} minor versions apart`,
    `upgrade to a version ${between} first: edgeadm upgrade --bundle BUNDLE_OF_${between}`,
  );
}

/** The vendor releases every second minor version alone (1.18, 1.20, 1.22 ...): to it, the next one is one step. */
function stepOf(from: string, cluster: string): number {
  return [from, cluster].every((version) => version.includes('-aliyun')) ? 2 : 1;
}

function notThere(target: string, cluster: string): EdgeadmError {
  const what = `kubelet target version ${target} does not match cluster version ${cluster}`;
  if (compareVersions(target, cluster) > 0)
    return refused(what, 'a kubelet must not be newer than the API server', 'upgrade the control plane first');
  return refused(
    what,
    "a node can only be upgraded to the version of its control plane (the API server's)",
    `edgeadm upgrade --kubelet-version ${target}   (to keep the kubelet older than the control plane)`,
  );
}

function refused(what: string, why: string, next?: string): EdgeadmError {
  return new EdgeadmError({ code: 'UPGRADE_VERSION', what, why, next });
}
