import assert from 'node:assert/strict';
import { judgePlatform } from '../../../src/compat/judge.ts';
import { MATRIX } from '../../../src/compat/matrix.ts';
import type { Platform } from '../../../src/compat/supports.ts';

const DEBIAN: Platform = { arch: 'amd64', os: 'Debian', version: '12', kernel: '6.1.0', clusterVersion: 'v1.30.2' };

const CASES: readonly [title: string, differs: Partial<Platform>, supported: boolean, says: RegExp][] = [
  ['Debian in a plain cluster', {}, true, /not in the vendor's matrix/],
  ['Debian in an OpenYurt cluster', { clusterVersion: 'v1.22.17' }, true, /binding for the vendor's clusters only/],
  [
    'Debian in a cluster of the vendor',
    { clusterVersion: '1.30.7-aliyun.1' },
    false,
    /not in the compatibility matrix/,
  ],
  ['Debian before its release, which has no version', { version: '' }, true, /^Debian, kernel 6/],
  ['a kernel before 3.10', { kernel: '2.6.32' }, false, /needs kernel 3\.10 or newer, found 2\.6\.32/],
  [
    'RHEL 8 with 1.34',
    { os: 'RHEL', version: '8.10', kernel: '4.18.0', clusterVersion: 'v1.34.1' },
    true,
    /older than 5\.4/,
  ],
  ['Alpine', { os: 'Alpine Linux', version: '3.20' }, false, /does not boot systemd/],
  ['a cluster before 1.16', { clusterVersion: '1.14.8-aliyunedge.1' }, false, /from Kubernetes 1\.16 on/],
  ['a cluster before 1.16, plain', { clusterVersion: 'v1.15.12' }, false, /from Kubernetes 1\.16 on/],
  ['a cluster after 1.37', { clusterVersion: 'v1.38.0' }, true, /not known to this release/],
  ['1.37', { clusterVersion: 'v1.37.2' }, true, /vendor's matrix/],
  [
    "the guide's CentOS 7.9 in a later cluster of the vendor",
    { os: 'CentOS', version: '7.9', kernel: '3.10.0', clusterVersion: '1.32.1-aliyun.1' },
    true,
    /^$/,
  ],
  [
    'x86_64 as another name of amd64',
    { arch: 'x86_64', os: 'CentOS', version: '7.9', kernel: '3.10.0', clusterVersion: '1.20.11-aliyunedge.1' },
    true,
    /^$/,
  ],
  [
    'aarch64 as another name of arm64',
    { arch: 'aarch64', os: 'Ubuntu', version: '18.04', kernel: '4.19.0', clusterVersion: '1.20.11-aliyunedge.1' },
    true,
    /^$/,
  ],
];

describe('compat judges a system for a cluster', () => {
  for (const [title, differs, supported, says] of CASES) {
    it(`compat judges ${title}: ${supported ? 'supported' : 'refused'}, with what is worth knowing`, () => {
      const judgement = judgePlatform({ ...DEBIAN, ...differs }, MATRIX);
      assert.equal(judgement.supported, supported);
      assert.match([judgement.refusal?.reason, ...judgement.notes].filter(Boolean).join('\n'), says);
    });
  }
});
