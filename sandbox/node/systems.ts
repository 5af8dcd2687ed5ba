import { parseOs } from '../../src/compat/os-argument.ts';
import { usageError } from '../../src/errors/usage.ts';
import { closest } from '../../src/lib/closest.ts';

/** A distribution as its files describe it. `VERSION` stands for the version requested. */
interface Distribution {
  /** As the compatibility matrix calls it. */
  readonly name: string;
  readonly id: string;
  /** NAME and PRETTY_NAME of os-release. */
  readonly osName: string;
  readonly pretty: string;
  /** Where os-release stops at the major version: the text of /etc/redhat-release. */
  readonly redhatRelease?: string;
  /** The kernel that each version comes with, as `uname -r` begins; oldest first. */
  readonly kernels: readonly (readonly [version: string, kernel: string])[];
  /** First version that boots with cgroup v2; undefined: none that the matrix has. */
  readonly unifiedFrom?: number;
  /** Name of process 1; default `systemd`. */
  readonly init?: string;
  readonly source: string;
}

/**
 * The distributions of the compatibility matrix (but for Windows), and others that people join to clusters of their
 * own.
 */
const DISTRIBUTIONS: readonly Distribution[] = [
  {
    name: 'Ubuntu',
    id: 'ubuntu',
    kernels: [
      ['16.04', '4.4.0-210'],
      ['18.04', '4.15.0-213'],
      ['20.04', '5.4.0-100'],
      ['22.04', '5.15.0-119'],
      ['24.04', '6.8.0-41'],
    ],
    osName: 'Ubuntu',
    pretty: 'Ubuntu VERSION LTS',
    unifiedFrom: 22,
    source: "Ubuntu's base-files; release notes of 21.10 (cgroup v2)",
  },
  {
    name: 'CentOS',
    id: 'centos',
    kernels: [
      ['6.9', '2.6.32-696'],
      ['7.4', '3.10.0-693'],
      ['7.5', '3.10.0-862'],
      ['7.6', '3.10.0-957'],
      ['7.7', '3.10.0-1062'],
      ['7.8', '3.10.0-1127'],
      ['7.9', '3.10.0-1160'],
      ['8.0', '4.18.0-80'],
      ['8.2', '4.18.0-193'],
    ],
    osName: 'CentOS Linux',
    pretty: 'CentOS Linux VERSION',
    redhatRelease: 'CentOS Linux release VERSION (Core)',
    source: 'centos-release',
  },
  {
    name: 'RHEL',
    id: 'rhel',
    kernels: [
      ['7.9', '3.10.0-1160'],
      ['8.8', '4.18.0-477'],
      ['8.10', '4.18.0-553'],
      ['9.3', '5.14.0-362'],
      ['10.0', '6.12.0-55'],
    ],
    osName: 'Red Hat Enterprise Linux',
    pretty: 'Red Hat Enterprise Linux VERSION',
    unifiedFrom: 9,
    source: 'redhat-release; release notes of RHEL 9 (cgroup v2)',
  },
  {
    name: 'Alibaba Cloud Linux',
    id: 'alinux',
    kernels: [
      ['2.1903', '4.19.91-27'],
      ['3', '5.10.134-16'],
    ],
    osName: 'Alibaba Cloud Linux',
    pretty: 'Alibaba Cloud Linux VERSION',
    source: "the distribution's os-release",
  },
  {
    name: 'Anolis',
    id: 'anolis',
    kernels: [
      ['7.9', '4.19.91-26'],
      ['8.6', '4.19.91-26'],
    ],
    osName: 'Anolis OS',
    pretty: 'Anolis OS VERSION',
    source: "the distribution's os-release",
  },
  {
    name: 'Kylin',
    id: 'kylin',
    kernels: [['V10', '4.19.90-52']],
    osName: 'Kylin Linux Advanced Server',
    pretty: 'Kylin Linux Advanced Server VERSION',
    source: "the distribution's os-release",
  },
  {
    name: 'UnionTech OS Server',
    id: 'uos',
    kernels: [['20', '4.19.0-91']],
    osName: 'UnionTech OS Server',
    pretty: 'UnionTech OS Server VERSION',
    source: "the distribution's os-release",
  },
  {
    name: 'Debian',
    id: 'debian',
    kernels: [
      ['10', '4.19.0-27'],
      ['11', '5.10.0-32'],
      ['12', '6.1.0-25'],
      ['13', '6.12.41'],
    ],
    osName: 'Debian GNU/Linux',
    pretty: 'Debian GNU/Linux VERSION',
    unifiedFrom: 11,
    source: "Debian's base-files; release notes of 11 (cgroup v2)",
  },
  {
    name: 'Rocky Linux',
    id: 'rocky',
    kernels: [
      ['8.10', '4.18.0-553'],
      ['9.6', '5.14.0-570'],
      ['10.0', '6.12.0-55'],
    ],
    osName: 'Rocky Linux',
    pretty: 'Rocky Linux VERSION',
    unifiedFrom: 9,
    source: 'rocky-release; release notes of RHEL 9 (cgroup v2)',
  },
  {
    name: 'openSUSE Leap',
    id: 'opensuse-leap',
    kernels: [
      ['15.6', '6.4.0-150600'],
      ['16.0', '6.12.0-160000'],
    ],
    osName: 'openSUSE Leap',
    pretty: 'openSUSE Leap VERSION',
    unifiedFrom: 16,
    source: 'openSUSE-release; release notes of Leap 16 (cgroup v2)',
  },
  {
    name: 'Amazon Linux',
    id: 'amzn',
    kernels: [['2023', '6.1.161-183']],
    osName: 'Amazon Linux',
    pretty: 'Amazon Linux VERSION',
    unifiedFrom: 2023,
    source: "system-release; Amazon's comparison with Amazon Linux 2 (cgroup v2)",
  },
  {
    name: 'Raspbian',
    id: 'raspbian',
    kernels: [
      ['11', '5.15.61-v8+'],
      ['12', '6.6.20+rpt-rpi-v8'],
    ],
    osName: 'Raspbian GNU/Linux',
    pretty: 'Raspbian GNU/Linux VERSION',
    unifiedFrom: 11,
    source: "Raspberry Pi OS' base-files (its 64-bit edition calls itself Debian)",
  },
  {
    name: 'openEuler',
    id: 'openEuler',
    kernels: [
      ['20.03', '4.19.90-2003'],
      ['22.03', '5.10.0-182'],
      ['24.03', '6.6.0-72'],
    ],
    osName: 'openEuler',
    pretty: 'openEuler VERSION',
    source: 'openEuler-release',
  },
  {
    name: 'Alpine',
    id: 'alpine',
    kernels: [['3.20', '6.6.41-0-virt']],
    osName: 'Alpine Linux',
    pretty: 'Alpine Linux vVERSION',
    unifiedFrom: 3,
    init: 'init',
    source: 'alpine-base; process 1 is busybox init with OpenRC',
  },
];

/** The systems with the versions whose kernels are known: `Ubuntu 16.04, 18.04; CentOS 7.4, ...`. */
export function knownSystems(): string {
  return DISTRIBUTIONS.map(({ name, kernels }) => `${name} ${kernels.map(([version]) => version).join(', ')}`).join(
    '; ',
  );
}

/** Which system a node of the sandbox pretends to run. */
export interface System {
  readonly osRelease: string;
  readonly redhatRelease?: string;
  readonly cgroupVersion: 1 | 2;
  /** Name of process 1. */
  readonly init: string;
}

/**
 * The files of a system by the name people call it: `Ubuntu 20.04`, `CentOS 7.6`, `Kylin V10`. A system that no join
 * accepts (`CentOS 6.9`, `Alpine 3.20`) is made anyway: the refusal is worth seeing, too.
 * @throws EdgeadmError USAGE for a distribution that the table does not have
 */
export function systemOf(text: string): System {
  const { found, version } = distributionOf(text);
  const fill = (pattern: string): string => pattern.replace('VERSION', version);
  // os-release of CentOS 7 stops at the major version.
  const versionId = found.redhatRelease ? version.split('.')[0] : version;
  return {
    osRelease: `NAME="${found.osName}"\nID=${found.id}\nVERSION_ID="${versionId}"\nPRETTY_NAME="${fill(found.pretty)}"\n`,
    redhatRelease: found.redhatRelease && `${fill(found.redhatRelease)}\n`,
    init: found.init ?? 'systemd',
    cgroupVersion: found.unifiedFrom !== undefined && Number.parseInt(version, 10) >= found.unifiedFrom ? 2 : 1,
  };
}

/**
 * The kernel that a system comes with; a point release (`Debian 12.4`) has that of its version.
 * @throws EdgeadmError USAGE for a version that the table does not have
 */
export function kernelOf(text: string): string {
  const { found, version } = distributionOf(text);
  const plain = version.toLowerCase();
  const kernel = found.kernels.find(([one]) => plain === one.toLowerCase() || plain.startsWith(`${one}.`))?.[1];
  if (kernel !== undefined) return kernel;
  const known = found.kernels.map(([one]) => one).join(', ');
  throw usageError([
    `--os: the kernel of ${found.name} ${version} is unknown; use ${found.name} ${known}, or add --kernel RELEASE`,
  ]);
}

/** @throws EdgeadmError USAGE */
function distributionOf(text: string): { readonly found: Distribution; readonly version: string } {
  const { os, version } = parseOs(text);
  const same = (name: string): boolean => name.toLowerCase() === os.toLowerCase();
  const found = DISTRIBUTIONS.find(({ name, osName, id }) => [name, osName, id].some(same));
  const names = DISTRIBUTIONS.map(({ name }) => name);
  if (!found || !version) {
    const near = closest(os, names);
    throw usageError([
      `--os: "${text}" is not one of ${names.join(', ')} with a version${near ? ` (did you mean "${near} VERSION"?)` : ''}`,
    ]);
  }
  return { found, version };
}
