import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { parseOsRelease } from '../../../../src/host/os-release.ts';
import type { Verdict } from '../../../../src/phases/preflight/check.ts';
import { PREFLIGHT_CHECKS } from '../../../../src/phases/preflight/checks.ts';
import { judgeChecks } from '../../../../src/phases/preflight/run-checks.ts';
import { type Case, contextOf } from '../../../unit/phases/preflight/context.ts';

/** A distribution as it is found: its os-release and its kernel. */
interface Distribution {
  /** Where the text was published. */
  readonly source: string;
  readonly osRelease: string;
  readonly kernel: string;
  readonly arch?: 'amd64' | 'arm64';
}

const lines = (...text: string[]): string => `${text.join('\n')}\n`;

const DISTRIBUTIONS: readonly Distribution[] = [
  {
    source: 'Debian 12, base-files',
    kernel: '6.1.0-25-amd64',
    osRelease: lines(
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
      'NAME="Debian GNU/Linux"',
      'VERSION_ID="12"',
      'VERSION="12 (bookworm)"',
      'VERSION_CODENAME=bookworm',
      'ID=debian',
    ),
  },
  {
    source: 'Debian 13.1, base-files',
    kernel: '6.12.48+deb13-amd64',
    osRelease: lines(
      'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"',
      'NAME="Debian GNU/Linux"',
      'VERSION_ID="13"',
      'VERSION="13 (trixie)"',
      'VERSION_CODENAME=trixie',
      'DEBIAN_VERSION_FULL=13.1',
      'ID=debian',
    ),
  },
  {
    source: 'Ubuntu 22.04, base-files',
    kernel: '5.15.0-119-generic',
    osRelease: lines('PRETTY_NAME="Ubuntu 22.04.5 LTS"', 'NAME="Ubuntu"', 'VERSION_ID="22.04"', 'ID=ubuntu'),
  },
  {
    source: 'Ubuntu 24.04 with the hardware enablement kernel, base-files',
    kernel: '6.14.0-32-generic',
    osRelease: lines(
      'PRETTY_NAME="Ubuntu 24.04.4 LTS"',
      'NAME="Ubuntu"',
      'VERSION_ID="24.04"',
      'VERSION_CODENAME=noble',
      'ID=ubuntu',
      'ID_LIKE=debian',
    ),
  },
  {
    source: 'Rocky Linux 9.6, rocky-release',
    kernel: '5.14.0-570.17.1.el9_6.x86_64',
    osRelease: lines(
      'NAME="Rocky Linux"',
      'VERSION="9.6 (Blue Onyx)"',
      'ID="rocky"',
      'ID_LIKE="rhel centos fedora"',
      'VERSION_ID="9.6"',
      'PLATFORM_ID="platform:el9"',
      'PRETTY_NAME="Rocky Linux 9.6 (Blue Onyx)"',
    ),
  },
  {
    source: 'Rocky Linux 10.1, rocky-release',
    kernel: '6.12.0-124.8.1.el10_1.x86_64',
    osRelease: lines(
      'NAME="Rocky Linux"',
      'VERSION="10.1 (Red Quartz)"',
      'ID="rocky"',
      'ID_LIKE="rhel centos fedora"',
      'VERSION_ID="10.1"',
      'PRETTY_NAME="Rocky Linux 10.1 (Red Quartz)"',
    ),
  },
  {
    source: 'Rocky Linux 8.5, sealerio/sealer#1396',
    kernel: '4.18.0-348.el8.0.2.x86_64',
    osRelease: lines(
      'NAME="Rocky Linux"',
      'VERSION="8.5 (Green Obsidian)"',
      'ID="rocky"',
      'VERSION_ID="8.5"',
      'PRETTY_NAME="Rocky Linux 8.5 (Green Obsidian)"',
    ),
  },
  {
    source: 'RHEL 9.4, redhat-release',
    kernel: '5.14.0-427.13.1.el9_4.x86_64',
    osRelease: lines(
      'NAME="Red Hat Enterprise Linux"',
      'VERSION="9.4 (Plow)"',
      'ID="rhel"',
      'ID_LIKE="fedora"',
      'VERSION_ID="9.4"',
      'PRETTY_NAME="Red Hat Enterprise Linux 9.4 (Plow)"',
    ),
  },
  {
    source: 'RHEL 10.0, redhat-release',
    kernel: '6.12.0-55.9.1.el10_0.x86_64',
    osRelease: lines(
      'NAME="Red Hat Enterprise Linux"',
      'VERSION="10.0 (Coughlan)"',
      'ID="rhel"',
      'VERSION_ID="10.0"',
      'PLATFORM_ID="platform:el10"',
      'PRETTY_NAME="Red Hat Enterprise Linux 10.0 (Coughlan)"',
    ),
  },
  {
    source: 'openSUSE Leap 15.6, openSUSE-release',
    kernel: '6.4.0-150600.23.25-default',
    osRelease: lines(
      'NAME="openSUSE Leap"',
      'VERSION="15.6"',
      'ID="opensuse-leap"',
      'ID_LIKE="suse opensuse"',
      'VERSION_ID="15.6"',
      'PRETTY_NAME="openSUSE Leap 15.6"',
    ),
  },
  {
    source: 'openSUSE Tumbleweed, whose version stands in a comment (typegoose/mongodb-memory-server#948)',
    kernel: '6.16.8-1-default',
    osRelease: lines(
      'NAME="openSUSE Tumbleweed"',
      '# VERSION="20250925"',
      'ID="opensuse-tumbleweed"',
      'VERSION_ID="20250925"',
      'PRETTY_NAME="openSUSE Tumbleweed"',
    ),
  },
  {
    source: 'Amazon Linux 2023, system-release',
    kernel: '6.1.161-183.298.amzn2023.x86_64',
    osRelease: lines(
      'NAME="Amazon Linux"',
      'VERSION="2023"',
      'ID="amzn"',
      'ID_LIKE="fedora"',
      'VERSION_ID="2023"',
      'PRETTY_NAME="Amazon Linux 2023.10.20260202"',
    ),
  },
  {
    source: 'Raspberry Pi OS with a 32-bit userland on a 64-bit kernel',
    kernel: '6.6.51+rpt-rpi-v8',
    arch: 'arm64',
    osRelease: lines(
      'PRETTY_NAME="Raspbian GNU/Linux 12 (bookworm)"',
      'NAME="Raspbian GNU/Linux"',
      'VERSION_ID="12"',
      'ID=raspbian',
      'ID_LIKE=debian',
    ),
  },
  {
    source: 'Alibaba Cloud Linux 3, alinux-release',
    kernel: '5.10.134-19.1.al8.x86_64',
    osRelease: lines(
      'NAME="Alibaba Cloud Linux"',
      'VERSION="3 (OpenAnolis Edition)"',
      'ID="alinux"',
      'VERSION_ID="3"',
      'ALINUX_MINOR_ID="2104"',
      'PRETTY_NAME="Alibaba Cloud Linux 3.2104 U12 (OpenAnolis Edition)"',
    ),
  },
  {
    source: 'Anolis 8.10, anolis-release',
    kernel: '5.10.134-19.3.1.an8.x86_64',
    osRelease: lines(
      'NAME="Anolis OS"',
      'VERSION="8.10"',
      'ID="anolis"',
      'VERSION_ID="8.10"',
      'PRETTY_NAME="Anolis OS 8.10"',
    ),
  },
  {
    source: 'Anolis 8.4, rancher/rke2#4185',
    kernel: '4.19.91-26.5.an8.x86_64',
    osRelease: lines('NAME="Anolis OS"', 'ID="anolis"', 'VERSION_ID="8.4"', 'PRETTY_NAME="Anolis OS 8.4"'),
  },
  {
    source: 'openEuler 20.03, dylanaraps/neofetch#1965',
    kernel: '4.19.90-2003.4.0.0036.oe1.aarch64',
    arch: 'arm64',
    osRelease: lines(
      'NAME="openEuler"',
      'VERSION="20.03 (LTS)"',
      'ID="openEuler"',
      'VERSION_ID="20.03"',
      'PRETTY_NAME="openEuler 20.03 (LTS)"',
    ),
  },
  {
    source: 'openEuler 24.03, tailscale/tailscale#12910',
    kernel: '6.6.0-72.0.0.76.oe2403sp1.x86_64',
    osRelease: lines(
      'NAME="openEuler"',
      'VERSION="24.03 (LTS)"',
      'ID="openEuler"',
      'VERSION_ID="24.03"',
      'PRETTY_NAME="openEuler 24.03 (LTS)"',
    ),
  },
  {
    source: 'Kylin V10, release-engineering/productmd#182',
    kernel: '4.19.90-89.11.v2401.ky10.x86_64',
    osRelease: lines(
      'NAME="Kylin Linux Advanced Server"',
      'VERSION="V10 (Tercel)"',
      'ID="kylin"',
      'VERSION_ID="V10"',
      'PRETTY_NAME="Kylin Linux Advanced Server V10 (Tercel)"',
    ),
  },
  {
    source: 'Raspberry Pi OS of 64 bits, which calls itself Debian',
    kernel: '6.12.34+rpt-rpi-v8',
    arch: 'arm64',
    osRelease: lines(
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
      'NAME="Debian GNU/Linux"',
      'VERSION_ID="12"',
      'ID=debian',
    ),
  },
  {
    source: 'a Raspberry Pi 5 with pages of 16 KiB',
    kernel: '6.12.34+rpt-rpi-2712',
    arch: 'arm64',
    osRelease: lines(
      'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"',
      'NAME="Debian GNU/Linux"',
      'VERSION_ID="13"',
      'ID=debian',
    ),
  },
  {
    source: 'AlmaLinux 9.4, almalinux-release',
    kernel: '5.14.0-427.13.1.el9_4.aarch64',
    arch: 'arm64',
    osRelease: lines(
      'NAME="AlmaLinux"',
      'VERSION="9.4 (Seafoam Ocelot)"',
      'ID="almalinux"',
      'ID_LIKE="rhel centos fedora"',
      'VERSION_ID="9.4"',
      'PRETTY_NAME="AlmaLinux 9.4 (Seafoam Ocelot)"',
    ),
  },
  {
    source: 'CentOS Stream 9, centos-release',
    kernel: '5.14.0-503.el9.x86_64',
    osRelease: lines(
      'NAME="CentOS Stream"',
      'VERSION="9"',
      'ID="centos"',
      'VERSION_ID="9"',
      'PRETTY_NAME="CentOS Stream 9"',
    ),
  },
  {
    source: 'Oracle Linux 9 with its own kernel',
    kernel: '5.15.0-206.153.7.el9uek.x86_64',
    osRelease: lines(
      'NAME="Oracle Linux Server"',
      'VERSION="9.4"',
      'ID="ol"',
      'ID_LIKE="fedora"',
      'VERSION_ID="9.4"',
      'PRETTY_NAME="Oracle Linux Server 9.4"',
    ),
  },
  {
    source: 'Anolis 23, anolis-release',
    kernel: '6.6.25-2.1.an23.x86_64',
    osRelease: lines(
      'NAME="Anolis OS"',
      'VERSION="23"',
      'ID="anolis"',
      'VERSION_ID="23"',
      'PRETTY_NAME="Anolis OS 23"',
    ),
  },
  {
    source: 'openEuler 22.03, openEuler-release',
    kernel: '5.10.0-216.0.0.115.oe2203sp4.x86_64',
    osRelease: lines(
      'NAME="openEuler"',
      'VERSION="22.03 (LTS-SP4)"',
      'ID="openEuler"',
      'VERSION_ID="22.03"',
      'PRETTY_NAME="openEuler 22.03 (LTS-SP4)"',
    ),
  },
  {
    source: 'openSUSE Leap 16.0, whose kernel is the one of SLES',
    kernel: '6.12.0-160000.5-default',
    osRelease: lines(
      'NAME="openSUSE Leap"',
      'VERSION="16.0"',
      'ID="opensuse-leap"',
      'ID_LIKE="suse opensuse"',
      'VERSION_ID="16.0"',
      'PRETTY_NAME="openSUSE Leap 16.0"',
    ),
  },
  {
    source: 'Flatcar, flatcar/Flatcar#566',
    kernel: '6.6.95-flatcar',
    osRelease: lines(
      'NAME="Flatcar Container Linux by Kinvolk"',
      'ID=flatcar',
      'ID_LIKE=coreos',
      'VERSION=4230.2.1',
      'VERSION_ID=4230.2.1',
      'PRETTY_NAME="Flatcar Container Linux by Kinvolk 4230.2.1 (Oklo)"',
    ),
  },
  {
    source: 'NixOS, whose version has a codename and no number of a patch',
    kernel: '6.12.41',
    osRelease: lines(
      'NAME=NixOS',
      'ID=nixos',
      'VERSION="25.05 (Warbler)"',
      'VERSION_ID="25.05"',
      'PRETTY_NAME="NixOS 25.05 (Warbler)"',
    ),
  },
  {
    source: 'Bottlerocket',
    kernel: '6.1.147',
    osRelease: lines(
      'NAME="Bottlerocket"',
      'ID=bottlerocket',
      'VERSION="1.44.0 (aws-k8s-1.31)"',
      'VERSION_ID=1.44.0',
      'PRETTY_NAME="Bottlerocket OS 1.44.0 (aws-k8s-1.31)"',
    ),
  },
  {
    source: 'Ubuntu in WSL 2 with systemd, microsoft/WSL#8883',
    kernel: '5.15.153.1-microsoft-standard-WSL2',
    osRelease: lines('PRETTY_NAME="Ubuntu 22.04.4 LTS"', 'NAME="Ubuntu"', 'VERSION_ID="22.04"', 'ID=ubuntu'),
  },
  {
    source: 'Arch Linux, which has no version',
    kernel: '6.16.1-arch1-1',
    osRelease: lines('NAME="Arch Linux"', 'PRETTY_NAME="Arch Linux"', 'ID=arch', 'BUILD_ID=rolling'),
  },
  {
    source: "a Jetson with NVIDIA's kernel",
    kernel: '5.15.148-tegra',
    arch: 'arm64',
    osRelease: lines('PRETTY_NAME="Ubuntu 22.04.5 LTS"', 'NAME="Ubuntu"', 'VERSION_ID="22.04"', 'ID=ubuntu'),
  },
  {
    source: 'an image that somebody built, without os-release',
    kernel: '5.10.110-rockchip-rk3588',
    arch: 'arm64',
    osRelease: lines('# nothing'),
  },
  {
    source: 'UOS 20, TimeBye/kubeadm-ha#155',
    kernel: '4.19.0-91.82.88.uelc20.x86_64',
    osRelease: lines(
      'PRETTY_NAME="UnionTech OS Server 20"',
      'NAME="UnionTech OS Server 20"',
      'VERSION_ID="20"',
      'ID="uos"',
    ),
  },
  {
    source: 'Ubuntu 26.04, base-files',
    kernel: '7.0.0-14-generic',
    osRelease: lines(
      'PRETTY_NAME="Ubuntu 26.04 LTS"',
      'NAME="Ubuntu"',
      'VERSION_ID="26.04"',
      'VERSION="26.04 LTS (Resolute Raccoon)"',
      'ID=ubuntu',
      'ID_LIKE=debian',
    ),
  },
  {
    source: 'Debian testing, which has no VERSION_ID (k0sproject/k0s#2157)',
    kernel: '5.19.0-1-amd64',
    osRelease: lines('PRETTY_NAME="Debian GNU/Linux bookworm/sid"', 'NAME="Debian GNU/Linux"', 'ID=debian'),
  },
  {
    source: 'Fedora 43, fedora-release',
    kernel: '6.17.4-300.fc43.x86_64',
    osRelease: lines(
      'NAME="Fedora Linux"',
      'VERSION="43 (Server Edition)"',
      'RELEASE_TYPE=stable',
      'ID=fedora',
      'VERSION_ID=43',
      'PLATFORM_ID="platform:f43"',
      'VARIANT_ID=server',
    ),
  },
  {
    source: 'Fedora CoreOS with a variant',
    kernel: '6.12.7-200.fc41.x86_64',
    osRelease: lines(
      'NAME="Fedora Linux"',
      'VERSION="41.20250105.3.0 (CoreOS)"',
      'ID=fedora',
      'VERSION_ID=41',
      'OSTREE_VERSION="41.20250105.3.0"',
      'VARIANT_ID=coreos',
    ),
  },
  {
    source: 'Photon OS 5.0 (alexellis/k3sup#66 has an older one)',
    kernel: '6.1.10-10.ph5',
    osRelease: lines(
      'NAME="VMware Photon OS"',
      'VERSION="5.0"',
      'ID=photon',
      'VERSION_ID=5.0',
      'PRETTY_NAME="VMware Photon OS/Linux"',
    ),
  },
  {
    source: 'SLES 15 SP6, sles-release',
    kernel: '6.4.0-150600.21-default',
    osRelease: lines(
      'NAME="SLES"',
      'VERSION="15-SP6"',
      'VERSION_ID="15.6"',
      'PRETTY_NAME="SUSE Linux Enterprise Server 15 SP6"',
      'ID="sles"',
      'ID_LIKE="suse"',
    ),
  },
  {
    source: 'SLE Micro, transactional',
    kernel: '6.4.0-25-default',
    osRelease: lines('NAME="SL-Micro"', 'VERSION="6.1"', 'VERSION_ID="6.1"', 'ID="sl-micro"', 'ID_LIKE="suse"'),
  },
  {
    source: 'Oracle Linux 8 with the kernel of RHEL',
    kernel: '4.18.0-553.el8_10.x86_64',
    osRelease: lines(
      'NAME="Oracle Linux Server"',
      'VERSION="8.10"',
      'ID="ol"',
      'ID_LIKE="fedora"',
      'VERSION_ID="8.10"',
    ),
  },
  {
    source: 'Raspbian 11 on its own kernel',
    kernel: '6.1.21-v8+',
    arch: 'arm64',
    osRelease: lines(
      'PRETTY_NAME="Raspbian GNU/Linux 11 (bullseye)"',
      'NAME="Raspbian GNU/Linux"',
      'VERSION_ID="11"',
      'ID=raspbian',
    ),
  },
  {
    source: 'Kylin V11 with letters in its version',
    kernel: '6.6.0-32.7.v2505.ky11.x86_64',
    osRelease: lines('NAME="Kylin Linux Advanced Server"', 'VERSION="V11 (Swan25)"', 'ID="kylin"', 'VERSION_ID="V11"'),
  },
  {
    source: 'openEuler 24.03 with its service pack',
    kernel: '6.6.0-72.0.0.76.oe2403sp1.aarch64',
    arch: 'arm64',
    osRelease: lines('NAME="openEuler"', 'VERSION="24.03 (LTS-SP1)"', 'ID="openEuler"', 'VERSION_ID="24.03"'),
  },
  {
    source: 'a text with line ends of Windows',
    kernel: '6.1.0-25-amd64',
    osRelease: lines('ID=debian\r', 'NAME="Debian GNU/Linux"\r', 'VERSION_ID="12"\r'),
  },
];

const V1 = ['cpu', 'cpuacct', 'cpuset', 'devices', 'freezer', 'memory', 'pids'];
const CGROUP_V1 = {
  '/proc/mounts': V1.map((name) => `cgroup /sys/fs/cgroup/${name} cgroup rw,${name} 0 0\n`).join(''),
  '/proc/cgroups': V1.map((name, i) => `${name}\t${i + 1}\t1\t1\n`).join(''),
};

const NAMES = /^(OSSupported|KernelSupported|ArchSupported|ClusterVersion|SystemVerification)/;

/** What the checks of the system say of a machine, those that passed left out. */
async function troubles(given: Case): Promise<Verdict[]> {
  const checks = PREFLIGHT_CHECKS.filter(({ name }) => NAMES.test(name)).map((check) => ({ ...check, needs: [] }));
  const verdicts = await judgeChecks(await contextOf(given), checks);
  return verdicts.filter(({ status }) => status === 'error' || status === 'warning');
}

const machineOf = ({ osRelease, kernel, arch = 'amd64' }: Distribution) => ({
  facts: { os: parseOsRelease(osRelease), kernel, arch },
});
const clusterOf = (version: string): Pick<Case, 'cluster' | 'node'> => ({
  cluster: { version },
  node: { kubeletVersion: async () => version.replace(/-.*$/, '') },
});

describe("a machine of any distribution and a cluster that is not the vendor's", () => {
  for (const distribution of DISTRIBUTIONS) {
    for (const version of ['v1.20.2', 'v1.28.15', 'v1.34.1', 'v1.37.2']) {
      it(`joins ${version} without a flag, with at most a line for the matrix and one for an old kernel: ${distribution.source}`, async () => {
        const found = await troubles({ machine: machineOf(distribution), ...clusterOf(version) });
        assert.deepEqual(
          found.filter(({ status }) => status === 'error'),
          [],
        );
        for (const verdict of found) {
          assert.match(verdict.check, /^(OSSupported|KernelSupported)$/);
          assert.ok(!verdict.found?.includes('\n'), 'more than a line');
        }
        const matrix = found.find(({ check }) => check === 'OSSupported');
        if (matrix) assert.match(matrix.found ?? '', /binding for the vendor's clusters only$/);
      });
    }
  }

  it("an unlisted system is refused by the vendor's matrix in a cluster of the vendor, whatever its suffix", async () => {
    const [debian] = DISTRIBUTIONS;
    assert.ok(debian);
    for (const version of ['v1.20.11-aliyunedge.1', 'v1.30.7-aliyun.1', 'v1.34.1-aliyun.1']) {
      const found = await troubles({ machine: machineOf(debian), ...clusterOf(version) });
      const errors = found.filter(({ status }) => status === 'error').map(({ check }) => check);
      assert.deepEqual(errors, ['OSSupported', 'KernelSupported'], version);
    }
  });

  for (const distribution of DISTRIBUTIONS) {
    it(`an unlisted system is named with what the matrix has instead, in a cluster of the vendor: ${distribution.source}`, async () => {
      const found = await troubles({ machine: machineOf(distribution), ...clusterOf('v1.34.1-aliyun.1') });
      const errors = found.filter(({ status }) => status === 'error');
      for (const { check, found: what = '', remedy = '' } of errors) {
        assert.match(check, /^(OSSupported|KernelSupported)$/);
        assert.match(what, /is not in the compatibility matrix for v1\.34\.1-aliyun\.1\nnearest: /);
        assert.match(remedy, /--compat-matrix FILE/);
      }
    });
  }

  it("keeps the guide's rows without an upper bound in the vendor's newest clusters", async () => {
    const centos = { os: parseOsRelease('NAME="CentOS Linux"\nID="centos"\nVERSION_ID="7"\n', 'release 7.9.2009') };
    const machine = { facts: { ...centos, kernel: '3.10.0-1160.el7.x86_64' }, files: CGROUP_V1 };
    const found = await troubles({ machine, ...clusterOf('v1.31.1-aliyun.1') });
    assert.deepEqual(found, []);
  });
});

describe('a machine that cannot run the Kubernetes of its cluster', () => {
  const debian = DISTRIBUTIONS[0] as Distribution;
  const facts = machineOf(debian).facts;
  const options = (...left: string[]): string =>
    [
      ...['NAMESPACES', 'NET_NS', 'PID_NS', 'IPC_NS', 'UTS_NS', 'CGROUPS', 'CGROUP_SCHED', 'CPUSETS', 'MEMCG', 'INET'],
      ...['EXT4_FS', 'PROC_FS', 'IP_NF_TARGET_REDIRECT', 'NETFILTER_XT_MATCH_COMMENT', 'FAIR_GROUP_SCHED'],
      ...['CGROUP_PIDS', 'CGROUP_BPF'],
    ]
      .filter((name) => !left.includes(name))
      .map((name) => `CONFIG_${name}=${name === 'EXT4_FS' ? 'm' : 'y'}\n`)
      .join('');

  const CASES: readonly { readonly title: string; readonly given: Case; readonly finds: Record<string, RegExp> }[] = [
    {
      title: 'Alpine, which boots no systemd (k3s-io/k3s#660)',
      given: { machine: { facts: { ...facts, init: 'init', os: parseOsRelease('NAME="Alpine Linux"\nID=alpine\n') } } },
      finds: { OSSupported: /Linux is init, not systemd/ },
    },
    {
      title: 'Talos, whose process 1 is machined (siderolabs/talos)',
      given: { machine: { facts: { ...facts, init: 'init', os: parseOsRelease('NAME="Talos"\nID=talos\n') } } },
      finds: { OSSupported: /Talos is init, not systemd/ },
    },
    {
      title: 'Ubuntu in WSL without systemd (microsoft/WSL#8883)',
      given: { machine: { facts: { ...facts, init: 'init', os: parseOsRelease('NAME="Ubuntu"\nID=ubuntu\n') } } },
      finds: { OSSupported: /is init, not systemd/ },
    },
    {
      title: 'a container that is taken for a machine',
      given: { machine: { facts: { ...facts, init: 'sh' } } },
      finds: { OSSupported: /process 1 of .* is sh, not systemd/ },
    },
    {
      title: 'Devuan and others with runit (void-linux/void-packages)',
      given: { machine: { facts: { ...facts, init: 'runit', os: parseOsRelease('NAME="Void"\nID=void\n') } } },
      finds: { OSSupported: /runit, not systemd/ },
    },
    {
      title: 'a kernel older than any Kubernetes takes (kubernetes/kubeadm#1051)',
      given: { machine: { facts: { ...facts, kernel: '2.6.32-696.el6.x86_64' } } },
      finds: { KernelSupported: /needs 4\.15 or newer/ },
    },
    {
      title:
        'a kernel without the fair group scheduler (kubernetes/system-validators v1.3.0), in a cluster that needs it',
      given: {
        machine: { facts, files: { '/proc/config.gz': gzipSync(options('FAIR_GROUP_SCHED')) } },
        ...clusterOf('v1.28.0'),
      },
      finds: { 'SystemVerification(kernel)': /lacks CONFIG_FAIR_GROUP_SCHED$/ },
    },
    {
      title: 'a Jetson kernel without BPF for cgroups, from 1.32 on (k3s-io/k3s#8384)',
      given: {
        machine: { facts, files: { [`/boot/config-${debian.kernel}`]: options('CGROUP_BPF') } },
        ...clusterOf('v1.32.1'),
      },
      finds: { 'SystemVerification(kernel)': /CONFIG_CGROUP_BPF/ },
    },
    {
      title: 'a Raspberry Pi that switches the memory controller off (k3s-io/k3s#2067)',
      given: { machine: { facts, files: { '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io pids\n' } } },
      finds: { 'SystemVerification(cgroups)': /lacks memory/ },
    },
    {
      title: 'cgroup v1 and a kubelet that refuses it (kubernetes/kubeadm#3222)',
      given: {
        machine: {
          facts,
          files: CGROUP_V1,
        },
        ...clusterOf('v1.35.4'),
      },
      finds: { 'SystemVerification(cgroups)': /has cgroup v1, which kubelet 1\.35 does not support/ },
    },
    {
      title: 'a cluster older than edgeadm joins',
      given: { machine: { facts }, ...clusterOf('v1.14.8-aliyunedge.1') },
      finds: {
        ClusterVersion: /found v1\.14\.8-aliyunedge\.1; edgeadm joins nodes of clusters from Kubernetes 1\.16 on/,
        OSSupported: /not in the compatibility matrix/,
        KernelSupported: /not in the compatibility matrix/,
        'SystemVerification(cgroups)': /cgroup v2, which kubelet 1\.14 does not support/,
      },
    },
  ];

  for (const { title, given, finds } of CASES) {
    it(`a machine that cannot run the cluster's Kubernetes is refused before anything is changed: ${title}`, async () => {
      const errors = (await troubles(given)).filter(({ status }) => status === 'error');
      assert.deepEqual(errors.map(({ check }) => check).sort(), Object.keys(finds).sort());
      for (const { check, found = '', remedy } of errors) {
        assert.match(found, finds[check] ?? /never/);
        assert.ok(remedy, check);
      }
    });
  }

  it('an older Kubernetes does not ask for what came later', async () => {
    const files = { '/proc/config.gz': gzipSync(options('CGROUP_BPF', 'FAIR_GROUP_SCHED', 'CGROUP_PIDS')) };
    const found = await troubles({ machine: { facts, files }, ...clusterOf('v1.20.2') });
    assert.deepEqual(
      found.filter(({ check }) => check.startsWith('SystemVerification')),
      [],
    );
  });

  it('a kernel configuration that cannot be unpacked is passed over, not a crash', async () => {
    const files = { '/proc/config.gz': Buffer.from('not gzip') };
    const found = await troubles({ machine: { facts, files }, ...clusterOf('v1.30.1') });
    assert.deepEqual(
      found.filter(({ check }) => check.startsWith('SystemVerification')),
      [],
    );
  });

  it("cgroup v1 is accepted if the cluster's kubelet configuration says failCgroupV1: false", async () => {
    const files = CGROUP_V1;
    const cluster = {
      version: 'v1.35.4',
      configMaps: { 'kubelet-config': { kubelet: 'kind: KubeletConfiguration\nfailCgroupV1: false\n' } },
    };
    const found = await troubles({ machine: { facts, files }, ...clusterOf('v1.35.4'), cluster });
    assert.deepEqual(
      found.filter(({ check }) => check.startsWith('SystemVerification')),
      [],
    );
  });

  it('a Kubernetes newer than edgeadm knows is a warning that says what is not known', async () => {
    const found = await troubles({ machine: { facts }, ...clusterOf('v1.38.0') });
    const verdict = found.find(({ check }) => check === 'ClusterVersion');
    assert.equal(verdict?.status, 'warning');
    assert.match(verdict?.found ?? '', /flags and settings its kubelet dropped or renamed since 1\.37 is not known/);
  });
});
