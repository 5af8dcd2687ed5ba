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
 * The loader, C and C++ libraries and zstd that the Linux executables carry: those of Debian 12, whose glibc 2.36 needs Linux 3.2
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
  row('amd64', 'zstd', '1.5.4+dfsg2-5', 'libzstd', '3f6f833ae2fd533a0c9238310aef1148f51a64aa5d5f1278451ddc793d4d6d15'),
  row('amd64', 'liblz4-1', '1.9.4-1', 'lz4', '64cde86cef1deaf828bd60297839b59710b5cd8dc50efd4f12643caaee9389d3'),
  row(
    'amd64',
    'liblzma5',
    '5.4.1-1+deb12u2',
    'xz-utils',
    '3d8c29c8c21ec6007635e1b2591edf98b771c9572a085968f47452b33040f384',
  ),
  row('amd64', 'zlib1g', '1:1.2.13.dfsg-1', 'zlib', 'd7dd1d1411fedf27f5e27650a6eff20ef294077b568f4c8c5e51466dc7c08ce4'),
  row('arm64', 'zstd', '1.5.4+dfsg2-5', 'libzstd', '97a58383b0ad55cc8183e59cbb112f2eb55c3dc1e90de816fa5cfb983d5c2ff0'),
  row('arm64', 'liblz4-1', '1.9.4-1', 'lz4', 'f061216ce11aabba8f032dfd6c75c181e782fef7493033b9621a8c3b2953b87e'),
  row(
    'arm64',
    'liblzma5',
    '5.4.1-1+deb12u2',
    'xz-utils',
    '36358d245f246234721e6c1c2ee5d11a46c1c877023c63f7570df02cd79964f5',
  ),
  row('arm64', 'zlib1g', '1:1.2.13.dfsg-1', 'zlib', '52b8b8a145bbe1956bba82034f77022cbef0c3d0885c9e32d9817a7932fe1913'),
];
