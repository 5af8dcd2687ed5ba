export type Arch = 'amd64' | 'arm64';

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: Arch;
  /** Of the .deb file. */
  readonly sha256: string;
  /** Debian's source package, with its version. */
  readonly source: string;
}

const row = (arch: Arch, name: string, version: string, source: string, sha256: string): DebianPackage => ({
  ...{ arch, name, version, source: `${source} ${version}`, sha256 },
});

/**
 * The loader, C and C++ libraries that the Linux executables carry: those of Debian 12, whose glibc 2.36 needs Linux 3.2
 * (amd64) or 3.7 (arm64). Versions and sums are those of Debian's signed package lists; when Debian replaces a version,
 * `apt-cache show NAME:ARCH` tells the new ones.
 */
export const DEBIAN_PACKAGES: readonly DebianPackage[] = [
  row('amd64', 'libc6', '2.36-9+deb12u14', 'glibc', 'ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf'),
  row(
    'amd64',
    'libstdc++6',
    '12.2.0-14+deb12u1',
    'gcc-12',
    '5cd3171216d4ab0fc911cfe9c35509bf2dd8f47761c43b7f6a4296701551a24d',
  ),
  row(
    'amd64',
    'libgcc-s1',
    '12.2.0-14+deb12u1',
    'gcc-12',
    '3016e62cb4b7cd8038822870601f5ed131befe942774d0f745622cc77d8a88f7',
  ),
  // Holds the copyright file of gcc's libraries.
  row(
    'amd64',
    'gcc-12-base',
    '12.2.0-14+deb12u1',
    'gcc-12',
    '1896a2aacf4ad681ff5eacc24a5b0ca4d5d9c9b9c9e4b6de5197bc1e116ea619',
  ),
  row(
    'amd64',
    'libatomic1',
    '12.2.0-14+deb12u1',
    'gcc-12',
    'fbd4e154a6b444229ea002cc209df099209c0adc09102e5fd21239a3d2b55e2d',
  ),
  row('arm64', 'libc6', '2.36-9+deb12u14', 'glibc', '01f4330719fd4f65580e16ea5a0527f372fca750e8f588d26deaf09f2d3b1cf4'),
  row(
    'arm64',
    'libstdc++6',
    '12.2.0-14+deb12u1',
    'gcc-12',
    '26e138c677a985775331373828a6c286c551ff397cb735d00e2383cb273d1cb2',
  ),
  row(
    'arm64',
    'libgcc-s1',
    '12.2.0-14+deb12u1',
    'gcc-12',
    '576926b283613db80168ddf76380a3bd877602778cf0d226caa7bfbfa71eacf3',
  ),
  // Holds the copyright file of gcc's libraries.
  row(
    'arm64',
    'gcc-12-base',
    '12.2.0-14+deb12u1',
    'gcc-12',
    '674cf6cba6d432bd200c45fe866c1652c7a53523cc2e7a613e05bc4abf7b5440',
  ),
  row(
    'arm64',
    'libatomic1',
    '12.2.0-14+deb12u1',
    'gcc-12',
    '1693aa13ce2b30d061a519fc28b77b9bab8c8e45804ced5969d99821e1bc2159',
  ),
];
