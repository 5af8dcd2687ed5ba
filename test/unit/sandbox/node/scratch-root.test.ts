import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScratchRoot } from '../../../../sandbox/node/scratch-root.ts';
import { kernelOf, knownSystems, systemOf } from '../../../../sandbox/node/systems.ts';
import { MATRIX } from '../../../../src/compat/matrix.ts';
import { rowsThatFit } from '../../../../src/compat/supports.ts';
import { readFacts } from '../../../../src/host/facts.ts';
import { scratchMachine } from '../../../../src/host/scratch.ts';

describe('a node that was just made', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-made-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  for (const row of MATRIX.filter(({ os }) => os !== 'Windows Server')) {
    for (const version of row.versions) {
      it(`a node that was just made can be ${row.os} ${version} with kernel ${row.kernel} on ${row.arch}`, async () => {
        const root = join(folder, 'node');
        const arch = row.arch as 'amd64' | 'arm64';
        const kernel = `${row.kernel}.0-100`;
        await createScratchRoot(root, {
          name: 'n',
          os: `${row.os} ${version}`,
          kernel,
          arch,
          kubeletVersion: 'v1.20.2',
        });
        const facts = await readFacts(scratchMachine(root));
        const { name: os, id: osId, version: found } = facts.os;
        const fitting = rowsThatFit({ os, osId, version: found, kernel: facts.kernel, arch: facts.arch }, MATRIX);
        assert.ok(fitting.includes(row), JSON.stringify(facts.os));
      });
    }
  }

  for (const [os, kernel] of [
    ['CentOS 7.9', '3.10.0-1160'],
    ['centos 7.9', '3.10.0-1160'],
    ['Debian 12', '6.1.0-25'],
    ['Debian 12.4', '6.1.0-25'],
    ['Kylin V10', '4.19.90-52'],
  ] as const) {
    it(`a sandbox node has kernel ${kernel} if it is ${os}`, () => assert.equal(kernelOf(os), kernel));
  }

  it('the help of sandbox node create names each system with its versions', () => {
    assert.match(knownSystems(), /^Ubuntu 16\.04, 18\.04, 20\.04.*; CentOS 6\.9, 7\.4.*; Debian 10.*; openEuler/);
  });

  it('Alpine has no systemd in the sandbox either', () => {
    assert.equal(systemOf('Alpine 3.20').init, 'init');
    assert.equal(systemOf('Rocky Linux 9.6').init, 'systemd');
  });

  it('boots cgroup v1 or v2 as its distribution does', () => {
    const versions = ['Ubuntu 20.04', 'Ubuntu 22.04', 'RHEL 9.3', 'CentOS 7.6'].map((os) => systemOf(os).cgroupVersion);
    assert.deepEqual(versions, [1, 2, 2, 1]);
  });

  it('a node that was just made cannot be a system that nobody knows; the nearest name is told', () => {
    assert.throws(() => systemOf('Ubunto 20.04'), /did you mean "Ubuntu/);
    assert.throws(() => systemOf('Ubuntu'), /with a version/);
  });

  it('a version whose kernel is unknown is refused with those that are known', () => {
    assert.throws(() => kernelOf('Ubuntu 19'), /kernel of Ubuntu 19 is unknown; use Ubuntu 16\.04, .*or add --kernel/);
    assert.throws(() => kernelOf('CentOS 7.3'), { code: 'USAGE' });
  });
});
