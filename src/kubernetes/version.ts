import { EdgeadmError } from '../errors/index.ts';

/** A version taken apart; `v1.20.11-aliyunedge.1` is 1, 20, 11. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/**
 * Two or three numbers, and whatever builds put behind them: `v1.28.3+k3s1`, `1.20.11-aliyunedge.1`, Debian's
 * `1.6.20~ds1`. The numbers stay far from where JavaScript rounds.
 */
const VERSION = /^v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:[-+~][\w.+~-]*)?$/;

/** @throws EdgeadmError USAGE for anything that is not a whole version, as `v1.20.2` or `1.20` */
export function parseVersion(text: string): Version {
  const match = VERSION.exec(text.trim());
  if (!match)
    throw new EdgeadmError({
      code: 'USAGE',
      what: `${JSON.stringify(text)} is not a version`,
      why: 'a version looks like v1.20.2',
    });
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3] ?? 0) };
}

/** True for what {@link parseVersion} takes. */
export function isVersion(text: string): boolean {
  return VERSION.test(text.trim());
}

/** The minor number: 20 for `v1.20.2`. */
export function minorOf(version: string): number {
  return parseVersion(version).minor;
}

/** Below zero if the first is older. What follows the three numbers (`-aliyunedge.1`) does not count. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [parseVersion(one), parseVersion(other)];
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** The minor versions whose flags and settings this release of edgeadm knows; nodes of older clusters are not joined. */
export const KNOWN_MINORS = { first: 16, last: 37 };

/** What the sandbox's API server says in `gitTreeState` of GET /version. */
export const SANDBOX_TREE_STATE = 'edgeadm sandbox';

/**
 * The version out of the answer to GET /version.
 * @param server who answered, for the error
 * @throws EdgeadmError API_ERROR if there is no version in it
 */
export function serverVersionOf(answer: unknown, server: string): string {
  const { gitVersion } = (answer ?? {}) as { gitVersion?: unknown };
  if (typeof gitVersion === 'string' && VERSION.test(gitVersion)) return gitVersion;
  throw new EdgeadmError({
    code: 'API_ERROR',
    what: `${server} did not report its Kubernetes version`,
    why:
      gitVersion === undefined
        ? 'GET /version answered without gitVersion'
        : `GET /version answered gitVersion ${JSON.stringify(gitVersion)}`,
    next: 'Check the address: it may not be an API server, or a proxy may answer in its place.',
  });
}
