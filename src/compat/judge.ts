import type { MatrixRow } from '../config/spec.ts';
import type { ErrorCode } from '../errors/index.ts';
import { judgeKernel } from '../kubernetes/system-requirements.ts';
import { KNOWN_MINORS, parseVersion } from '../kubernetes/version.ts';
import { isVendorVersion } from './cluster-version.ts';
import { type Platform, type Support, supports } from './supports.ts';

/** Whether a node can join a cluster, as far as names and versions tell; preflight looks at the machine itself. */
export interface Judgement extends Support {
  /** Why not, if it is not supported. */
  readonly refusal?: { readonly code: ErrorCode; readonly reason: string };
  /** What is worth knowing if it is supported, one line each. */
  readonly notes: readonly string[];
}

/** Distributions whose init system is not systemd, by ID of os-release and by their name. Source: their handbooks. */
const WITHOUT_SYSTEMD = /^(alpine|postmarketos|void|devuan|artix|slackware|openwrt)\b/i;

/** True for a distribution that boots another init system than systemd. */
export function lacksSystemd({ os, osId }: Pick<Platform, 'os' | 'osId'>): boolean {
  return WITHOUT_SYSTEMD.test(osId ?? '') || WITHOUT_SYSTEMD.test(os);
}

/** Of a version that is `too new` some things are not known; nodes of an `unsupported` one are not joined. */
export function judgeVersion(version: string): 'known' | 'unsupported' | 'too new' {
  const { major, minor } = parseVersion(version);
  if (major !== 1 || minor < KNOWN_MINORS.first) return 'unsupported';
  return minor > KNOWN_MINORS.last ? 'too new' : 'known';
}

/** In one line, of a cluster whose version is `unsupported`. */
export const OLDER_CLUSTER = `edgeadm joins nodes of clusters from Kubernetes 1.${KNOWN_MINORS.first} on`;

/** In one line: what a release of edgeadm does not know of a newer Kubernetes. */
export const UNKNOWN_OF_NEWER = `which flags and settings its kubelet dropped or renamed since 1.${KNOWN_MINORS.last} is not known to this release of edgeadm; it writes those of 1.${KNOWN_MINORS.last}`;

/** In one line, of a system outside the matrix in a cluster that is not the vendor's. */
export function notInMatrix({ os, version, kernel, arch }: Omit<Platform, 'clusterVersion'>): string {
  // Debian before its release has no version.
  const name = [os, version].filter(Boolean).join(' ');
  return `${name}, kernel ${kernel}, ${arch} is not in the vendor's matrix, which is binding for the vendor's clusters only`;
}

/**
 * Judges a node and its cluster by name and version. The matrix is binding for the vendor's clusters; elsewhere the
 * requirements of Kubernetes decide.
 * @throws EdgeadmError USAGE if the cluster's version is none
 */
export function judgePlatform(platform: Platform, rows: readonly MatrixRow[]): Judgement {
  const { clusterVersion, kernel } = platform;
  const support = supports(platform, rows);
  const refuse = (code: ErrorCode, reason: string): Judgement => ({
    supported: false,
    rows: [],
    nearest: code === 'OS_UNSUPPORTED' ? support.nearest : [],
    notes: [],
    refusal: { code, reason },
  });
  const age = judgeVersion(clusterVersion);
  if (age === 'unsupported') {
    return refuse('CLUSTER_UNSUPPORTED', OLDER_CLUSTER);
  }
  if (lacksSystemd(platform)) return refuse('PLATFORM_UNSUPPORTED', `${platform.os} does not boot systemd`);
  const notes = age === 'too new' ? [`Kubernetes ${clusterVersion}: ${UNKNOWN_OF_NEWER}`] : [];
  if (support.supported) return { ...support, notes };
  if (isVendorVersion(clusterVersion)) return refuse('OS_UNSUPPORTED', 'not in the compatibility matrix');
  const fit = judgeKernel(kernel, parseVersion(clusterVersion).minor);
  if (fit.verdict === 'too old') {
    return refuse('OS_UNSUPPORTED', `Kubernetes needs kernel ${fit.needs} or newer, found ${kernel}`);
  }
  if (fit.verdict === 'untested')
    notes.push(
      `kernel ${kernel} is older than ${fit.needs}, the oldest that Kubernetes ${clusterVersion} is tested with`,
    );
  return { ...support, supported: true, nearest: [], notes: [notInMatrix(platform), ...notes] };
}
