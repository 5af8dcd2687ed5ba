import { parseVersion } from '../kubernetes/version.ts';

/**
 * Orders versions of clusters: `1.20.11-aliyunedge.1`, `1.26.3-aliyun.1`, `v1.20.2`. First by major, minor and patch;
 * then by the vendor's number after the last dot, if both have one. Any other suffix (`-rc.1`, `+k3s1`) counts as
 * none.
 *
 * @returns negative, zero or positive, as a sort wants it
 * @throws EdgeadmError USAGE for a text that is not a version
 */
export function compareClusterVersions(left: string, right: string): number {
  const [a, b] = [parseVersion(left), parseVersion(right)];
  const difference = a.major - b.major || a.minor - b.minor || a.patch - b.patch;
  if (difference !== 0) return difference;
  const [releaseOfA, releaseOfB] = [releaseOf(left), releaseOf(right)];
  return releaseOfA === undefined || releaseOfB === undefined ? 0 : releaseOfA - releaseOfB;
}

/** True if the version is between both bounds; an absent bound is open. */
export function isWithin(version: string, from: string | undefined, to: string | undefined): boolean {
  if (from !== undefined && compareClusterVersions(version, from) < 0) return false;
  return to === undefined || compareClusterVersions(version, to) <= 0;
}

/**
 * True for a version of the vendor's clusters (`1.20.11-aliyunedge.1`, `v1.26.3-aliyun.1`): for these alone the
 * compatibility matrix is binding.
 */
export function isVendorVersion(version: string): boolean {
  return /-aliyun(edge)?(\.|$)/.test(version);
}

function releaseOf(version: string): number | undefined {
  const match = /-aliyun(?:edge)?\.(\d+)$/.exec(version);
  return match ? Number(match[1]) : undefined;
}
