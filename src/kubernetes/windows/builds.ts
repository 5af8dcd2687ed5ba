/** A release of Windows Server on which Kubernetes runs pods. */
export interface WindowsRelease {
  /** `10.0.17763` without what is always in front. */
  readonly build: number;
  readonly name: string;
  /** Tag of the base images whose containers it runs. */
  readonly imageTag: string;
}

/** Source: https://kubernetes.io/docs/concepts/windows/intro/ and Microsoft's compatibility of container versions. */
const RELEASES: readonly WindowsRelease[] = [
  { build: 17763, name: 'Windows Server 2019', imageTag: '1809' },
  { build: 20348, name: 'Windows Server 2022', imageTag: 'ltsc2022' },
  { build: 26100, name: 'Windows Server 2025', imageTag: 'ltsc2025' },
];

export const WINDOWS_RELEASE_NAMES = RELEASES.map(({ name }) => name);

/** @param version `10.0.17763`, with or without a revision */
export function windowsRelease(version: string): WindowsRelease | undefined {
  const build = Number(version.split('.')[2]);
  return RELEASES.find((release) => release.build === build);
}

export function revisionOf(version: string): number {
  return Number(version.split('.')[3] ?? 0);
}
