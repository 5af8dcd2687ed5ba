import { parseOs } from '../../src/compat/os-argument.ts';
import { usageError } from '../../src/errors/usage.ts';
import { closest } from '../../src/lib/closest.ts';

/** A distribution as its files describe it. `VERSION` stands for the version asked for. */
interface Distribution {
  /** As the compatibility matrix calls it. */
  readonly name: string;
  readonly id: string;
  /** NAME and PRETTY_NAME of os-release. */
  readonly osName: string;
  readonly pretty: string;
  /** Where os-release stops at the major version: the text of /etc/redhat-release. */
  readonly redhatRelease?: string;
  /** First version that boots with cgroup v2; undefined: none that the matrix has. */
  readonly unifiedFrom?: number;
  readonly source: string;
}

/** The distributions of the compatibility matrix, but for Windows. */
const DISTRIBUTIONS: readonly Distribution[] = [
  {
    name: 'Ubuntu',
    id: 'ubuntu',
    osName: 'Ubuntu',
    pretty: 'Ubuntu VERSION LTS',
    unifiedFrom: 22,
    source: "Ubuntu's base-files; release notes of 21.10 (cgroup v2)",
  },
  {
    name: 'CentOS',
    id: 'centos',
    osName: 'CentOS Linux',
    pretty: 'CentOS Linux VERSION',
    redhatRelease: 'CentOS Linux release VERSION (Core)',
    source: 'centos-release',
  },
  {
    name: 'RHEL',
    id: 'rhel',
    osName: 'Red Hat Enterprise Linux',
    pretty: 'Red Hat Enterprise Linux VERSION',
    unifiedFrom: 9,
    source: 'redhat-release; release notes of RHEL 9 (cgroup v2)',
  },
  {
    name: 'Alibaba Cloud Linux',
    id: 'alinux',
    osName: 'Alibaba Cloud Linux',
    pretty: 'Alibaba Cloud Linux VERSION',
    source: "the distribution's os-release",
  },
  {
    name: 'Anolis',
    id: 'anolis',
    osName: 'Anolis OS',
    pretty: 'Anolis OS VERSION',
    source: "the distribution's os-release",
  },
  {
    name: 'Kylin',
    id: 'kylin',
    osName: 'Kylin Linux Advanced Server',
    pretty: 'Kylin Linux Advanced Server VERSION',
    source: "the distribution's os-release",
  },
  {
    name: 'UnionTech OS Server',
    id: 'uos',
    osName: 'UnionTech OS Server',
    pretty: 'UnionTech OS Server VERSION',
    source: "the distribution's os-release",
  },
  {
    name: 'Debian',
    id: 'debian',
    osName: 'Debian GNU/Linux',
    pretty: 'Debian GNU/Linux VERSION',
    unifiedFrom: 11,
    source: "Debian's base-files; release notes of 11 (cgroup v2)",
  },
];

/** Which system a node of the sandbox pretends to run. */
export interface System {
  readonly osRelease: string;
  readonly redhatRelease?: string;
  readonly cgroupVersion: 1 | 2;
}

/**
 * The files of a system by the name people call it: `Ubuntu 20.04`, `CentOS 7.6`, `Kylin V10`. A system that the
 * matrix does not know (`CentOS 6.9`) is made all the same: that a join refuses it is worth seeing, too.
 * @throws EdgeadmError USAGE for a distribution that the table does not have
 */
export function systemOf(text: string): System {
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
  const fill = (pattern: string): string => pattern.replace('VERSION', version);
  // os-release of CentOS 7 stops at the major version.
  const versionId = found.redhatRelease ? version.split('.')[0] : version;
  return {
    osRelease: `NAME="${found.osName}"\nID=${found.id}\nVERSION_ID="${versionId}"\nPRETTY_NAME="${fill(found.pretty)}"\n`,
    redhatRelease: found.redhatRelease && `${fill(found.redhatRelease)}\n`,
    cgroupVersion: found.unifiedFrom !== undefined && Number.parseInt(version, 10) >= found.unifiedFrom ? 2 : 1,
  };
}
