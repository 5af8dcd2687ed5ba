import assert from 'node:assert/strict';
import { NodeHost } from '../../../../src/host/node-host.ts';
import { judgeChecks } from '../../../../src/phases/preflight/run-checks.ts';
import { WINDOWS_CHECKS } from '../../../../src/phases/preflight/windows/checks.ts';
import { FakeWindows, type FakeWindowsOptions } from '../../host/windows/fake-windows.ts';
import { linuxWordsIn } from '../../host/windows/linux-words.ts';
import { contextOf } from './context.ts';

const SERVER_2016 = { number: '14393', revision: 1, product: 'Windows Server 2016 Standard', type: 'Server' };
const WINDOWS_10 = { number: '17763', revision: 4444, product: 'Windows 10 Enterprise', type: 'Client' };
const OF_2018 = { number: '17763', revision: 1, product: 'Windows Server 2019 Datacenter', type: 'Server' };
const dism = (state: string): FakeWindowsOptions['programs'] => ({
  'dism.exe': () => ({ stdout: `Feature Name : Containers\r\nState : ${state}\r\n` }),
});
const drives = (list: readonly object[]): FakeWindowsOptions => ({
  programs: { 'powershell.exe': () => ({ stdout: JSON.stringify({ drives: list }) }) },
  freeBytes: 80e9,
});
const FILE_SYSTEM = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\FileSystem';
const DEFENDER = 'HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\Exclusions\\Paths';
const DEFENDER_POLICY = DEFENDER.replace('Microsoft', 'Policies\\Microsoft');
const PENDING = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending';
const EXCLUDED = ['C:\\Program Files\\containerd', 'c:\\programdata\\containerd\\', 'C:\\k', 'C:\\var\\lib'];

interface Case {
  readonly check: string;
  readonly when: string;
  readonly options?: FakeWindowsOptions;
  /** Where containerd keeps its data. */
  readonly root?: string;
  readonly change?: (windows: FakeWindows) => Promise<void> | void;
  readonly status: 'ok' | 'error' | 'warning' | 'skipped';
  readonly found?: RegExp;
}

const CASES: readonly Case[] = [
  { check: 'IsPrivilegedUser', when: 'the administrator is elevated', status: 'ok' },
  { check: 'IsPrivilegedUser', when: 'the user is not elevated', options: { elevated: false }, status: 'error' },
  { check: 'OSSupported', when: 'it is Windows Server 2019', status: 'ok', found: /2019, 10\.0\.17763\.4444/ },
  { check: 'OSSupported', when: 'it is Windows Server 2016', options: { build: SERVER_2016 }, status: 'error' },
  { check: 'OSSupported', when: 'it is not a server', options: { build: WINDOWS_10 }, status: 'error' },
  { check: 'WindowsUpdates', when: 'it was never updated', options: { build: OF_2018 }, status: 'warning' },
  {
    check: 'WindowsLicence',
    when: 'Windows is licensed',
    options: { programs: { 'powershell.exe': () => ({ stdout: '{"states":[1]}\r\n' }) } },
    status: 'ok',
  },
  {
    check: 'WindowsLicence',
    when: 'the licence has expired',
    options: { programs: { 'powershell.exe': () => ({ stdout: '{"states":[5]}' }) } },
    status: 'warning',
  },
  { check: 'WindowsLicence', when: 'PowerShell does not answer', status: 'skipped' },
  { check: 'Disk', when: '80 GB are free', status: 'ok' },
  { check: 'Disk', when: '30 GB are free', options: { freeBytes: 30e9 }, status: 'warning', found: /30 GB/ },
  { check: 'Disk', when: '2 GB are free', options: { freeBytes: 2e9 }, status: 'error' },
  {
    check: 'Disk',
    when: 'the drive of the container root is nearly full',
    root: '/D:/containerd',
    options: drives([{ name: 'D:', freeBytes: 3e9 }]),
    status: 'error',
    found: /^80 GB free on the system drive, 3\.0 GB free on D:, 5\.0 GB needed$/,
  },
  {
    check: 'Disk',
    when: 'there is no drive for the container root',
    root: '/E:/containerd',
    options: drives([{ name: 'D:', freeBytes: 90e9 }]),
    status: 'error',
    found: /no disk E:/,
  },
  { check: 'Disk', when: 'the container root is on the system drive', root: '/data/containerd', status: 'ok' },
  { check: 'ContainersFeature', when: 'it is enabled', status: 'ok' },
  { check: 'ContainersFeature', when: 'it is off', options: { programs: dism('Disabled') }, status: 'warning' },
  {
    check: 'ContainersFeature',
    when: 'it waits for a reboot',
    options: { programs: dism('Enable Pending') },
    status: 'error',
    found: /reboot/,
  },
  {
    check: 'ContainersFeature',
    when: 'DISM says nothing',
    options: { programs: { 'dism.exe': () => ({ exitCode: 0 }) } },
    status: 'error',
  },
  { check: 'PendingReboot', when: 'nothing waits', status: 'ok' },
  {
    check: 'PendingReboot',
    when: 'an installation waits',
    change: (windows) => windows.set(PENDING, 'x', 'REG_DWORD', '0x1'),
    status: 'warning',
  },
  { check: 'FolderAccess', when: 'no folder of Kubernetes exists', status: 'ok' },
  {
    check: 'FolderAccess',
    when: 'another user could have made a folder of Kubernetes',
    change: (windows) => windows.put('C:\\k\\kubelet.exe', ''),
    status: 'error',
    found: /\/k/,
  },
  { check: 'KubeletService', when: 'there is none', status: 'ok' },
  {
    check: 'KubeletService',
    when: 'another tool made one',
    change: (windows) => windows.addService('kubelet', 'C:\\k\\kubelet.exe'),
    status: 'error',
  },
  { check: 'EdgeHubService', when: 'there is none', status: 'ok' },
  {
    check: 'EdgeHubService',
    when: 'another tool made one',
    change: (windows) => windows.addService('yurthub', 'C:\\yurthub.exe', 'running'),
    status: 'error',
    found: /running/,
  },
  { check: 'LongPaths', when: 'they are not allowed', status: 'warning' },
  {
    check: 'LongPaths',
    when: 'they are allowed',
    change: (windows) => windows.set(FILE_SYSTEM, 'LongPathsEnabled', 'REG_DWORD', '0x1'),
    status: 'ok',
  },
  { check: 'Antivirus', when: 'Defender does not run', status: 'ok' },
  {
    check: 'Antivirus',
    when: 'Defender scans everything',
    change: (windows) => windows.addService('WinDefend', 'C:\\svchost.exe', 'running'),
    status: 'warning',
    found: /C:\\ProgramData\\containerd/,
  },
  {
    check: 'Antivirus',
    when: 'Defender excludes what Kubernetes writes',
    change: (windows) => {
      windows.addService('WinDefend', 'C:\\svchost.exe', 'running');
      for (const path of EXCLUDED) windows.set(DEFENDER, path, 'REG_DWORD', '0x0');
    },
    status: 'ok',
  },
  {
    check: 'Antivirus',
    when: 'a group policy excludes what Kubernetes writes, but not the container root',
    root: '/D:/containerd',
    change: (windows) => {
      windows.addService('WinDefend', 'C:\\svchost.exe', 'running');
      for (const path of EXCLUDED) windows.set(DEFENDER_POLICY, path, 'REG_SZ', '0');
    },
    status: 'warning',
    found: /^it scans D:\\containerd$/,
  },
  { check: 'Runtime', when: 'containerd is missing', status: 'error', found: /not installed/ },
  {
    check: 'Runtime',
    when: 'containerd is a service',
    change: (windows) => windows.addService('containerd', 'C:\\containerd.exe', 'running'),
    status: 'ok',
  },
  {
    check: 'Runtime',
    when: 'containerd is disabled',
    change: (windows) => windows.addService('containerd', 'C:\\containerd.exe', 'stopped', '0x4'),
    status: 'error',
    found: /disabled/,
  },
];

describe('preflight of a Windows node', () => {
  for (const { check, when, options, root, change, status, found } of CASES) {
    it(`${check} is ${status} if ${when}`, async () => {
      const windows = await FakeWindows.make(options);
      try {
        await change?.(windows);
        const host = new NodeHost(windows.machine());
        const one = WINDOWS_CHECKS.filter(({ name }) => name === check).map((each) => ({ ...each, needs: [] }));
        const [verdict] = await judgeChecks({ ...(await contextOf({ spec: { runtimeRootDir: root } })), host }, one);
        assert.equal(verdict?.status, status, verdict?.found ?? '');
        if (found) assert.match(verdict?.found ?? '', found);
        assert.deepEqual(
          linuxWordsIn(`${verdict?.found}\n${verdict && 'remedy' in verdict ? verdict.remedy : ''}`),
          [],
        );
      } finally {
        await windows.remove();
      }
    });
  }

  for (const { name, remedy } of WINDOWS_CHECKS)
    it(`the remedy of ${name} has no program and no path that only Linux has`, () => {
      assert.deepEqual(linuxWordsIn(remedy), []);
    });

  it('every check has a name of its own', () => {
    const names = WINDOWS_CHECKS.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
  });
});
