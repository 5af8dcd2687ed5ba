import { EdgeadmError } from '../../errors/index.ts';
import { compareVersions, minorOf } from '../../kubernetes/version.ts';
import type { UpgradeSpec, Versions } from './context.ts';

/** Which version the kubelet is to have: what was requested, else the bundle's, else the control plane's. */
export function wantedVersion(spec: UpgradeSpec, bundle: string | undefined, cluster: string): string {
  const wanted = spec.kubeletVersion ?? spec.targetVersion ?? bundle ?? cluster;
  return `v${wanted.replace(/^v/, '')}`;
}

/** True for one version under two spellings: a build's own suffix counts only if both have one. */
export function sameVersion(one: string, other: string): boolean {
  const suffix = (version: string): string => /\d([-+].*)$/.exec(version)?.[1] ?? '';
  const [a, b] = [suffix(one), suffix(other)];
  return compareVersions(one, other) === 0 && (a === b || a === '' || b === '');
}

/**
 * @throws EdgeadmError UPGRADE_VERSION unless the target is the control plane's version, and the kubelet stays at or
 *   below it and skips no more minor versions than it may be older than its API server
 */
export function checkVersions({ from, to, cluster }: Versions, spec: UpgradeSpec): void {
  const target = spec.targetVersion;
  if (target !== undefined && !sameVersion(target, cluster)) throw notThere(target, { from, cluster });
  if (compareVersions(to, cluster) > 0) throw notThere(to, { from, cluster });
  if (compareVersions(to, from) < 0) {
    throw refused(`the node runs ${from}, which is newer than ${to}`, 'a kubelet cannot be downgraded');
  }
  const [before, after] = [minorOf(from), minorOf(to)];
  const skew = skewOf(before);
  if (after - before <= skew) return;
  const between = `v1.${before + skew}`;
  throw refused(
    `from ${from} to ${to} is too far for one upgrade`,
    `${after - before - 1} minor versions lie between them; a kubelet 1.${before} may be at most ${skew} minor versions older than its API server (https://kubernetes.io/releases/version-skew-policy/#kubelet)`,
    `upgrade to a version ${between} first: edgeadm upgrade --bundle BUNDLE_OF_${between}`,
  );
}

/**
 * How many minor versions a kubelet may be older than its API server, and so how far it may go at once.
 * @see https://kubernetes.io/releases/version-skew-policy/#kubelet
 */
function skewOf(minor: number): number {
  return minor >= 25 ? 3 : 2;
}

/** What upstream asks for that this upgrade does not do; undefined if there is nothing. */
export function drainAdvice({ from, to }: Pick<Versions, 'from' | 'to'>, isDrained: boolean): string | undefined {
  if (minorOf(from) === minorOf(to) || isDrained) return undefined;
  return `Kubernetes asks for a node to be drained before the minor version of its kubelet changes (1.${minorOf(from)} to 1.${minorOf(to)}). This upgrade keeps its pods running; to drain it, add --drain --kubeconfig FILE.`;
}

function notThere(target: string, { from, cluster }: Pick<Versions, 'from' | 'cluster'>): EdgeadmError {
  const what = `kubelet target version ${target} does not match cluster version ${cluster}`;
  if (compareVersions(target, cluster) > 0)
    return refused(what, 'a kubelet must not be newer than the API server', 'upgrade the control plane first');
  return refused(
    what,
    "a node can only be upgraded to the version of its control plane (the API server's)",
    compareVersions(target, from) > 0
      ? `edgeadm upgrade --kubelet-version ${target}   # keeps the kubelet older than the control plane`
      : `edgeadm upgrade --target-version ${cluster}`,
  );
}

function refused(what: string, why: string, next?: string): EdgeadmError {
  return new EdgeadmError({ code: 'UPGRADE_VERSION', what, why, next });
}
