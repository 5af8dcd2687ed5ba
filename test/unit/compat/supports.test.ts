import assert from 'node:assert/strict';
import { compareClusterVersions, isWithin } from '../../../src/compat/cluster-version.ts';
import { comparisonTable, matrixTable } from '../../../src/compat/describe.ts';
import { gpuModel } from '../../../src/compat/gpus.ts';
import { MATRIX } from '../../../src/compat/matrix.ts';
import { parseOs } from '../../../src/compat/os-argument.ts';
import { nearestRows, type Platform, rowsThatFit, supports } from '../../../src/compat/supports.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';

const CENTOS: Platform = {
  arch: 'amd64',
  os: 'CentOS Linux',
  osId: 'centos',
  version: '7.6',
  kernel: '3.10.0-1160.el7.x86_64',
  clusterVersion: '1.20.11-aliyunedge.1',
};

const isSupported = (differing: Partial<Platform>) => supports({ ...CENTOS, ...differing }, MATRIX).supported;

describe('the compatibility matrix', () => {
  it('the compatibility matrix has every row of both sources', () => assert.equal(MATRIX.length, 21));

  it('finds a node by the names in its os-release', () => {
    const systems: readonly Partial<Platform>[] = [
      { os: 'CentOS Linux', osId: 'centos', version: '7.9', kernel: '3.10.0-1160.el7.x86_64' },
      { os: 'Ubuntu', osId: 'ubuntu', version: '18.04', kernel: '4.15.0-213-generic' },
      { os: 'Alibaba Cloud Linux', osId: 'alinux', version: '3', kernel: '5.10.134-15.al8.x86_64' },
      { os: 'Alibaba Cloud Linux (Aliyun Linux)', osId: 'alinux', version: '2.1903', kernel: '4.19.91-27.al7.x86_64' },
      { os: 'Aliyun Linux', osId: 'alinux', version: '2.1903', kernel: '4.19.91-27.al7.x86_64' },
      { os: 'Anolis OS', osId: 'anolis', version: '8.6', kernel: '4.19.91-26.an8.x86_64' },
    ];
    for (const system of systems) assert.ok(isSupported(system), JSON.stringify(system));
    const later: readonly Partial<Platform>[] = [
      { os: 'Red Hat Enterprise Linux', osId: 'rhel', version: '8.8', kernel: '4.18.0-477.el8.x86_64' },
      { os: 'Kylin Linux Advanced Server', osId: 'kylin', version: 'V10', kernel: '4.19.90-52.ky10.x86_64' },
      { os: 'UnionTech OS Server 20', osId: 'uos', version: '20', kernel: '4.19.0-91.uelc20.x86_64' },
      { os: 'Ubuntu', osId: 'ubuntu', version: '22.04', kernel: '5.15.0-91-generic' },
    ];
    for (const system of later) {
      assert.ok(isSupported({ ...system, clusterVersion: '1.26.3-aliyun.1' }), JSON.stringify(system));
      assert.ok(!isSupported(system), `${system.os} with a cluster that is too old`);
    }
  });

  it('tells releases of one system apart', () => {
    assert.ok(!isSupported({ version: '7.3' }));
    assert.ok(!isSupported({ version: '7' }));
    assert.ok(!isSupported({ os: 'CentOS Stream', version: '8', kernel: '4.18.0-553.el8.x86_64' }));
    assert.ok(
      !isSupported({ os: 'Ubuntu', osId: 'ubuntu', version: '22.10', kernel: '5.15.0', clusterVersion: '1.26.3' }),
    );
  });

  it('compares a kernel by its first two numbers', () => {
    assert.ok(isSupported({ kernel: '3.10' }));
    assert.ok(!isSupported({ kernel: '3.1.0' }));
    assert.ok(!isSupported({ kernel: '4.18.0' }));
  });

  it('compares Windows by its build', () => {
    const windows = { os: 'Windows Server', osId: undefined, version: '2019' };
    assert.ok(isSupported({ ...windows, kernel: '10.0.17763.5329' }));
    assert.ok(!isSupported({ ...windows, kernel: '10.0.20348' }));
  });

  it('the compatibility matrix knows other architectures', () => {
    assert.ok(!isSupported({ arch: 'arm64' }));
    assert.ok(isSupported({ arch: 'arm64', os: 'Ubuntu', osId: 'ubuntu', version: '18.04', kernel: '4.19.0' }));
  });

  it('lets a plain Kubernetes version pass by major, minor and patch', () => {
    assert.ok(isSupported({ clusterVersion: 'v1.20.2' }));
    const rhel = { os: 'Red Hat Enterprise Linux', osId: 'rhel', version: '8.8', kernel: '4.18.0' };
    assert.ok(isSupported({ ...rhel, clusterVersion: 'v1.30.7' }));
    assert.ok(!isSupported({ ...rhel, clusterVersion: 'v1.30.8' }));
    assert.ok(!isSupported({ clusterVersion: 'v1.12.5' }));
  });

  it("takes a user's row by name or by ID", () => {
    const debian = { ...CENTOS, os: 'Debian GNU/Linux', osId: 'debian', version: '12', kernel: '6.18.44' };
    for (const os of ['Debian', 'debian', 'Debian GNU/Linux']) {
      const row = { arch: 'amd64', os, versions: ['12'], kernel: '6.18', source: 'mine.yaml' };
      assert.ok(supports(debian, [row]).supported, os);
    }
    const other = { arch: 'amd64', os: 'Deb', versions: ['12'], kernel: '6.18', source: 'mine.yaml' };
    assert.ok(!supports(debian, [other]).supported);
  });

  it('shows the nearest rows of the same system first', () => {
    const { nearest } = supports({ ...CENTOS, version: '7.3' }, MATRIX);
    assert.equal(nearest[0]?.os, 'CentOS');
    assert.ok(nearest[0]?.versions.includes('7.4'));
    assert.ok(nearest.length <= 5);
  });

  it('shows the rows that fit what is known', () => {
    const rows = rowsThatFit({ os: 'Ubuntu', arch: 'arm64' }, MATRIX);
    assert.deepEqual(
      rows.map(({ kernel }) => kernel),
      ['4.9', '4.19', '5.10'],
    );
    assert.equal(rowsThatFit({}, MATRIX).length, MATRIX.length);
    assert.deepEqual(rowsThatFit({ os: 'Plan 9' }, MATRIX), []);
  });
});

describe('versions of clusters', () => {
  it('versions of clusters are ordered by numbers, not by letters', () => {
    const sorted = ['1.9.0', '1.12.6-aliyunedge.1', '1.18.8-aliyunedge.1', '1.20.2', '1.20.11-aliyunedge.1'];
    assert.deepEqual([...sorted].reverse().sort(compareClusterVersions), sorted);
  });

  it("compare by the vendor's number if both have one", () => {
    assert.ok(compareClusterVersions('1.26.3-aliyun.2', '1.26.3-aliyun.1') > 0);
    assert.ok(compareClusterVersions('1.20.11-aliyunedge.1', '1.20.11-aliyunedge.10') < 0);
    assert.equal(compareClusterVersions('v1.26.3', '1.26.3-aliyun.1'), 0);
    assert.equal(compareClusterVersions('v1.26.3+k3s1', '1.26.3-aliyun.1'), 0);
  });

  it('lie within bounds, which may be open', () => {
    assert.ok(isWithin('v1.34.0', '1.26.3-aliyun.1', undefined));
    assert.ok(isWithin('v1.2.3', undefined, undefined));
    assert.ok(!isWithin('1.30.7-aliyun.2', undefined, '1.30.7-aliyun.1'));
  });

  it('refuse a text that is none', () => {
    assert.throws(() => compareClusterVersions('latest', '1.20.2'), EdgeadmError);
  });
});

describe('the name of a system on the command line', () => {
  it('the name of a system on the command line is taken apart into name and version', () => {
    assert.deepEqual(parseOs('CentOS 7.6'), { os: 'CentOS', version: '7.6' });
    assert.deepEqual(parseOs('Kylin V10'), { os: 'Kylin', version: 'V10' });
    assert.deepEqual(parseOs('Windows Server 2019'), { os: 'Windows Server', version: '2019' });
    assert.deepEqual(parseOs('Debian GNU/Linux 12 (bookworm)'), { os: 'Debian GNU/Linux', version: '12' });
    assert.deepEqual(parseOs('Ubuntu'), { os: 'Ubuntu' });
  });

  it('finds its rows under any of its names', () => {
    for (const os of ['AliyunLinux', 'Alibaba Cloud Linux', 'alinux', 'Aliyun Linux']) {
      assert.equal(rowsThatFit({ os }, MATRIX).length, 2, os);
    }
    for (const os of ['RHEL', 'Red Hat Enterprise Linux', 'UOS', 'UnionTech OS', 'kylin']) {
      assert.notEqual(rowsThatFit({ os }, MATRIX).length, 0, os);
    }
  });
});

describe('rows for people', () => {
  it('stand in columns, found above supported', () => {
    const text = comparisonTable({ ...CENTOS, version: '7.3' }, nearestRows(CENTOS, MATRIX, 1));
    const [head = '', found = '', supported = ''] = text.split('\n');
    assert.match(found, /^found .*7\.3/);
    assert.match(supported, /^supported .*7\.4, 7\.5/);
    assert.equal(found.indexOf('3.10'), head.indexOf('KERNEL'));
    assert.equal(supported.indexOf('3.10'), head.indexOf('KERNEL'));
  });

  it('say whether a bound is open', () => {
    const row = { ...MATRIX[0], to: '1.30.7-aliyun.1' };
    const rows = [
      { ...row, from: undefined },
      { ...row, to: undefined },
      { ...row, from: undefined, to: undefined },
    ];
    const text = matrixTable(rows as typeof MATRIX);
    assert.match(text, /up to 1\.30\.7-aliyun\.1/);
    assert.match(text, /1\.12\.6-aliyunedge\.1 or later/);
    assert.match(text, /any/);
  });
});

describe('GPU models', () => {
  it('GPU models are known with the first cluster version they go with', () => {
    assert.equal(gpuModel('Nvidia_Tesla_V100')?.from, '1.18.8-aliyunedge.1');
    assert.equal(gpuModel('Nvidia_L40')?.from, '1.26.3-aliyun.1');
    assert.equal(gpuModel('Voodoo_3'), undefined);
  });
});
