import assert from 'node:assert/strict';
import { parseOsRelease } from '../../../src/host/os-release.ts';

const CENTOS_7 = `NAME="CentOS Linux"
VERSION="7 (Core)"
ID="centos"
ID_LIKE="rhel fedora"
VERSION_ID="7"
PRETTY_NAME="CentOS Linux 7 (Core)"
ANSI_COLOR="0;31"
CPE_NAME="cpe:/o:centos:centos:7"
HOME_URL="https://www.centos.org/"
BUG_REPORT_URL="https://bugs.centos.org/"

CENTOS_MANTISBT_PROJECT="CentOS-7"
CENTOS_MANTISBT_PROJECT_VERSION="7"
REDHAT_SUPPORT_PRODUCT="centos"
REDHAT_SUPPORT_PRODUCT_VERSION="7"
`;
const CENTOS_8 = `NAME="CentOS Linux"
VERSION="8 (Core)"
ID="centos"
ID_LIKE="rhel fedora"
VERSION_ID="8"
PLATFORM_ID="platform:el8"
PRETTY_NAME="CentOS Linux 8 (Core)"
ANSI_COLOR="0;31"
CPE_NAME="cpe:/o:centos:centos:8"
`;
const UBUNTU_16 = `NAME="Ubuntu"
VERSION="16.04.6 LTS (Xenial Xerus)"
ID=ubuntu
ID_LIKE=debian
PRETTY_NAME="Ubuntu 16.04.6 LTS"
VERSION_ID="16.04"
HOME_URL="http://www.ubuntu.com/"
VERSION_CODENAME=xenial
UBUNTU_CODENAME=xenial
`;
const UBUNTU_18 = `NAME="Ubuntu"
VERSION="18.04.1 LTS (Bionic Beaver)"
ID=ubuntu
ID_LIKE=debian
PRETTY_NAME="Ubuntu 18.04.1 LTS"
VERSION_ID="18.04"
VERSION_CODENAME=bionic
UBUNTU_CODENAME=bionic
`;
const UBUNTU_20 = `NAME="Ubuntu"
VERSION="20.04.6 LTS (Focal Fossa)"
ID=ubuntu
ID_LIKE=debian
PRETTY_NAME="Ubuntu 20.04.6 LTS"
VERSION_ID="20.04"
VERSION_CODENAME=focal
UBUNTU_CODENAME=focal
`;
const UBUNTU_22 = `PRETTY_NAME="Ubuntu 22.04.2 LTS"
NAME="Ubuntu"
VERSION_ID="22.04"
VERSION="22.04.2 LTS (Jammy Jellyfish)"
VERSION_CODENAME=jammy
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=jammy
`;
const UBUNTU_24 = `PRETTY_NAME="Ubuntu 24.04.4 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION="24.04.4 LTS (Noble Numbat)"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=noble
LOGO=ubuntu-logo
`;
const ALINUX_2 = `NAME="Alibaba Cloud Linux (Aliyun Linux)"
VERSION="2.1903 LTS (Hunting Beagle)"
ID="alinux"
ID_LIKE="rhel fedora centos anolis"
VERSION_ID="2.1903"
PRETTY_NAME="Alibaba Cloud Linux (Aliyun Linux) 2.1903 LTS (Hunting Beagle)"
ANSI_COLOR="0;31"
HOME_URL="https://www.aliyun.com/"
`;
const ALIYUN_2 = `NAME="Aliyun Linux"
VERSION="2.1903 (Hunting Beagle)"
ID="alinux"
VERSION_ID="2.1903"
PRETTY_NAME="Aliyun Linux 2.1903 (Hunting Beagle)"
`;
const ALINUX_3 = `NAME="Alibaba Cloud Linux"
VERSION="3 (Soaring Falcon)"
ID="alinux"
ID_LIKE="rhel fedora centos anolis"
VERSION_ID="3"
UPDATE_ID="9"
PLATFORM_ID="platform:al8"
PRETTY_NAME="Alibaba Cloud Linux 3 (Soaring Falcon)"
ANSI_COLOR="0;31"
HOME_URL="https://www.aliyun.com/"
`;
const ALINUX_3_LATER = `NAME="Alibaba Cloud Linux"
VERSION="3 (OpenAnolis Edition)"
ID="alinux"
ID_LIKE="rhel fedora centos anolis"
VERSION_ID="3"
VARIANT="OpenAnolis Edition"
VARIANT_ID="openanolis"
ALINUX_MINOR_ID="2104"
ALINUX_UPDATE_ID="12"
PLATFORM_ID="platform:al8"
PRETTY_NAME="Alibaba Cloud Linux 3.2104 U12 (OpenAnolis Edition)"
`;
const anolis = (version: string): string => `NAME="Anolis OS"
VERSION="${version}"
ID="anolis"
ID_LIKE="rhel fedora centos"
VERSION_ID="${version}"
PLATFORM_ID="platform:an8"
PRETTY_NAME="Anolis OS ${version}"
ANSI_COLOR="0;31"
HOME_URL="https://openanolis.cn/"
`;
const rhel = (version: string, name: string): string => `NAME="Red Hat Enterprise Linux"
VERSION="${version} (${name})"
ID="rhel"
ID_LIKE="fedora"
VERSION_ID="${version}"
PRETTY_NAME="Red Hat Enterprise Linux ${version} (${name})"
ANSI_COLOR="0;31"
REDHAT_BUGZILLA_PRODUCT_VERSION=${version}
REDHAT_SUPPORT_PRODUCT_VERSION="${version}"
`;
const KYLIN = `NAME="Kylin Linux Advanced Server"
VERSION="V10 (Tercel)"
ID="kylin"
VERSION_ID="V10"
PRETTY_NAME="Kylin Linux Advanced Server V10 (Tercel)"
ANSI_COLOR="0;31"

`;
const UOS = `PRETTY_NAME="UnionTech OS Server 20"
NAME="UnionTech OS Server 20"
VERSION_ID="20"
VERSION="20"
ID="uos"
HOME_URL="https://www.chinauos.com/"
BUG_REPORT_URL="https://bbs.chinauos.com/"
VERSION_CODENAME="kongzi"
PLATFORM_ID="platform:uelc20"
`;
const DEBIAN = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
`;

/** os-release, redhat-release where there is one, and what they say: ID, name, version. */
const SYSTEMS: readonly [string, string | undefined, readonly [string, string, string]][] = [
  [CENTOS_7, 'CentOS Linux release 7.4.1708 (Core) \n', ['centos', 'CentOS Linux', '7.4']],
  [CENTOS_7, 'CentOS Linux release 7.4.1708 (AltArch)\n', ['centos', 'CentOS Linux', '7.4']],
  [CENTOS_7, 'CentOS Linux release 7.5.1804 (Core) \n', ['centos', 'CentOS Linux', '7.5']],
  [CENTOS_7, 'CentOS Linux release 7.6.1810 (Core) \n', ['centos', 'CentOS Linux', '7.6']],
  [CENTOS_7, 'CentOS Linux release 7.7.1908 (Core)\n', ['centos', 'CentOS Linux', '7.7']],
  [CENTOS_7, 'CentOS Linux release 7.8.2003 (Core)\n', ['centos', 'CentOS Linux', '7.8']],
  [CENTOS_7, 'CentOS Linux release 7.9.2009 (Core)\n', ['centos', 'CentOS Linux', '7.9']],
  [CENTOS_7, undefined, ['centos', 'CentOS Linux', '7']],
  [CENTOS_8, 'CentOS Linux release 8.0.1905 (Core) \n', ['centos', 'CentOS Linux', '8.0']],
  [CENTOS_8, 'CentOS Linux release 8.2.2004 (Core) \n', ['centos', 'CentOS Linux', '8.2']],
  [CENTOS_8, 'CentOS Linux release 8.5.2111\n', ['centos', 'CentOS Linux', '8.5']],
  [UBUNTU_16, undefined, ['ubuntu', 'Ubuntu', '16.04']],
  [UBUNTU_18, undefined, ['ubuntu', 'Ubuntu', '18.04']],
  [UBUNTU_20, undefined, ['ubuntu', 'Ubuntu', '20.04']],
  [UBUNTU_22, undefined, ['ubuntu', 'Ubuntu', '22.04']],
  [UBUNTU_24, undefined, ['ubuntu', 'Ubuntu', '24.04']],
  [
    ALINUX_2,
    'Alibaba Cloud Linux (Aliyun Linux) release 2.1903 LTS (Hunting Beagle)\n',
    ['alinux', 'Alibaba Cloud Linux (Aliyun Linux)', '2.1903'],
  ],
  // Before September 2020 redhat-release spoke of the CentOS it was compatible with.
  [ALIYUN_2, 'Aliyun Linux release 7.2 LTS (Hunting Beagle)\n', ['alinux', 'Aliyun Linux', '2.1903']],
  [ALINUX_3, 'Alibaba Cloud Linux release 3 (Soaring Falcon) \n', ['alinux', 'Alibaba Cloud Linux', '3']],
  [ALINUX_3_LATER, 'Alibaba Cloud Linux release 3 (OpenAnolis Edition)\n', ['alinux', 'Alibaba Cloud Linux', '3']],
  [anolis('7.9'), 'Anolis OS release 7.9\n', ['anolis', 'Anolis OS', '7.9']],
  [anolis('8.6'), 'Anolis OS release 8.6\n', ['anolis', 'Anolis OS', '8.6']],
  [rhel('8.8', 'Ootpa'), 'Red Hat Enterprise Linux release 8.8 (Ootpa)\n', ['rhel', 'Red Hat Enterprise Linux', '8.8']],
  [
    rhel('8.10', 'Ootpa'),
    'Red Hat Enterprise Linux release 8.10 (Ootpa)\n',
    ['rhel', 'Red Hat Enterprise Linux', '8.10'],
  ],
  [rhel('9.3', 'Plow'), 'Red Hat Enterprise Linux release 9.3 (Plow)\n', ['rhel', 'Red Hat Enterprise Linux', '9.3']],
  [KYLIN, undefined, ['kylin', 'Kylin Linux Advanced Server', 'V10']],
  [KYLIN, 'Kylin Linux Advanced Server release V10 (Tercel)\n', ['kylin', 'Kylin Linux Advanced Server', 'V10']],
  [UOS, 'UnionTech OS Server release 20 (kongzi)\n', ['uos', 'UnionTech OS Server 20', '20']],
  [DEBIAN, undefined, ['debian', 'Debian GNU/Linux', '12']],
];

describe('the distribution of a node', () => {
  for (const [osRelease, redhatRelease, expected] of SYSTEMS) {
    const title = redhatRelease?.trim() ?? /PRETTY_NAME="(.*)"/.exec(osRelease)?.[1];
    it(`the distribution of a node is known from its files: ${title} is ${expected[0]} ${expected[2]}`, () => {
      const { id, name, version } = parseOsRelease(osRelease, redhatRelease);
      assert.deepEqual([id, name, version], expected);
    });
  }

  it('keeps its full name for people', () => {
    assert.equal(parseOsRelease(ALINUX_3_LATER).pretty, 'Alibaba Cloud Linux 3.2104 U12 (OpenAnolis Edition)');
  });

  it('the distribution of a node may be written with quotes, escapes and comments of any kind', () => {
    const text = `# a comment\nID='my-os'\n  NAME="My \\"OS\\""\nVERSION_ID=1\nBROKEN LINE\n`;
    const { id, name, version, pretty } = parseOsRelease(text);
    assert.deepEqual([id, name, version, pretty], ['my-os', 'My "OS"', '1', 'My "OS"']);
  });

  for (const [what, text, expected] of [
    [
      'a comment behind a value',
      'ID=debian # 12\nVERSION_ID="12" # bookworm\nNAME="Debian"\n',
      ['debian', 'Debian', '12'],
    ],
    ['lines of Windows', 'ID="rocky"\r\nNAME="Rocky Linux"\r\nVERSION_ID="9.3"\r\n', ['rocky', 'Rocky Linux', '9.3']],
    ['blanks without quotes', 'ID=my\nNAME=My own Linux\nVERSION_ID=1\n', ['my', 'My own Linux', '1']],
    ['a file for a shell', 'export ID=my\nexport NAME="My"\nVERSION_ID=3\n', ['my', 'My', '3']],
    ['a hash in quotes', 'ID=my\nNAME="C# Linux"\nVERSION_ID=3\n', ['my', 'C# Linux', '3']],
  ] as const)
    it(`the distribution of a node is known whatever program wrote its file: ${what}`, () => {
      const { id, name, version } = parseOsRelease(text);
      assert.deepEqual([id, name, version], expected);
    });

  it('the distribution of a node is plain Linux if the file says nothing', () => {
    assert.deepEqual(parseOsRelease(''), { id: 'linux', name: 'Linux', version: '', pretty: 'Linux' });
  });
});
