import { EdgeadmError } from '../errors/index.ts';

/** A Kubernetes version taken apart; `v1.20.11-aliyunedge.1` is 1, 20, 11. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** @throws EdgeadmError USAGE for anything that does not begin like `v1.20.2` or `1.20` */
export function parseVersion(text: string): Version {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(text.trim());
  if (!match)
    throw new EdgeadmError({
      code: 'USAGE',
      what: `"${text}" is no Kubernetes version`,
      why: 'a version looks like v1.20.2',
    });
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3] ?? 0) };
}

/** The minor number: 20 for `v1.20.2`. */
export function minorOf(version: string): number {
  return parseVersion(version).minor;
}

/** Below zero where the first is older. What follows the three numbers (`-aliyunedge.1`) does not count. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [parseVersion(one), parseVersion(other)];
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}
