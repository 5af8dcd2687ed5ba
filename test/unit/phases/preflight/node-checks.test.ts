import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { parseMatrixFile } from '../../../../src/compat/matrix-file.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { judgeChecks } from '../../../../src/phases/preflight/run-checks.ts';
import { assertFinds, assertOk, bundleOf, type Case, contextOf, dfOf } from './context.ts';

const SWAPS = 'Filename\tType\tSize\tUsed\tPriority\n';

function unreadable(code: string): EdgeadmError {
  const cause = Object.assign(new Error(code), { code });
  return new EdgeadmError({ code: 'WRITE_FAILED', what: 'cannot access /etc/resolv.conf', why: code, cause });
}

describe('IsPrivilegedUser', () => {
  it('IsPrivilegedUser lets root pass', () => assertOk('IsPrivilegedUser'));

  it('refuses another user with his id', async () => {
    const verdict = await assertFinds('IsPrivilegedUser', 'error', /1000/, { machine: { facts: { uid: 1000 } } });
    assert.equal(verdict.code, 'NOT_PRIVILEGED');
  });

  it('does not blame the node for files that only root may read', async () => {
    const machine: Case['machine'] = { facts: { uid: 1000 }, files: { '/etc/resolv.conf': unreadable('EACCES') } };
    for (const check of ['CIDRConflict', 'Nameserver'])
      await assertFinds(check, 'skipped', /root is required/, { machine });
  });
});

describe('OSSupported, KernelSupported, ArchSupported', () => {
  const debian: Case['machine'] = {
    facts: {
      kernel: '6.18.44',
      os: { id: 'debian', name: 'Debian GNU/Linux', version: '12', pretty: 'Debian GNU/Linux 12 (bookworm)' },
    },
  };
  const VENDOR: Case = { cluster: { version: 'v1.20.11-aliyunedge.1' } };
  const row = { arch: 'amd64', os: 'Debian', versions: ['12'], kernel: '6.18', source: 'mine.yaml' };

  it('let a system of the matrix pass', async () => {
    await assertOk('OSSupported', {}, /Ubuntu 20\.04/);
    await assertOk('KernelSupported', {}, /5\.4/);
    await assertOk('ArchSupported', {}, /amd64/);
  });

  it('show what was found above what is supported', async () => {
    const verdict = await assertFinds('OSSupported', 'error', /^Debian GNU\/Linux 12, kernel 6\.18\.44, amd64 is not/, {
      machine: debian,
      ...VENDOR,
    });
    assert.match(verdict.found ?? '', /^nearest: .*\(differs in: operating system, version, kernel\)$/m);
    assert.match(verdict.remedy ?? '', /--ignore-preflight-errors OSSupported/);
    const [row = ''] = /rows: \[.*\]/.exec(verdict.remedy ?? '') ?? [];
    const compatMatrix = parseMatrixFile(row, 'mine.yaml');
    await assertOk('OSSupported', { machine: debian, ...VENDOR, spec: { compatMatrix } });
    await assertOk('KernelSupported', { machine: debian, ...VENDOR, spec: { compatMatrix } });
    assert.equal(verdict.code, 'OS_UNSUPPORTED');
    await assertFinds('KernelSupported', 'skipped', /OSSupported failed/, { machine: debian, ...VENDOR });
  });

  it('let a system pass that --compat-matrix adds', async () => {
    const given: Case = { machine: debian, spec: { compatMatrix: [{ ...row, from: '1.12.0', to: '1.34.9' }] } };
    await assertOk('OSSupported', given);
    await assertOk('KernelSupported', given);
  });

  it('refuse a kernel that the matrix does not have for this system, in a cluster of the vendor', () =>
    assertFinds('KernelSupported', 'error', /kernel 6\.2\.0.*\n.*differs in: kernel\)/, {
      machine: { facts: { kernel: '6.2.0-39-generic' } },
      ...VENDOR,
    }));

  it('refuse a system that is too old for the version of the cluster', async () => {
    const os = { id: 'ubuntu', name: 'Ubuntu', version: '22.04', pretty: 'Ubuntu 22.04.4 LTS' };
    const given: Case = { machine: { facts: { os, kernel: '5.15.0-91-generic' } } };
    await assertFinds('OSSupported', 'error', /1\.26\.3-aliyun\.1 or later/, { ...given, ...VENDOR });
    await assertOk('OSSupported', { ...given, cluster: { version: 'v1.28.3' } });
  });

  it('judge the system alone if the cluster does not answer', () => assertOk('OSSupported', { cluster: 'down' }));

  it('refuse an architecture that is nowhere in the matrix', () =>
    assertFinds('ArchSupported', 'error', /found riscv64, supported amd64, arm64/, {
      machine: { facts: { arch: 'riscv64' } },
    }));

  it('refuse a bundle for another architecture', async () => {
    const bundle = async () => bundleOf({ arch: 'arm64' });
    const verdict = await assertFinds('ArchSupported', 'error', /the node is amd64.*for arm64/, { node: { bundle } });
    assert.equal(verdict.code, 'BUNDLE_INVALID');
  });
});

describe('NumCPU and Mem', () => {
  it('pass from 2 CPUs and 1700 MiB on', async () => {
    await assertOk('NumCPU', { machine: { facts: { cpus: 2 } } });
    await assertOk('Mem', { machine: { facts: { memoryBytes: 1700 * 1024 ** 2 } } });
  });

  it('warn about less, since a small edge node works', async () => {
    await assertFinds('NumCPU', 'warning', /found 1, recommended 2/, { machine: { facts: { cpus: 1 } } });
    const machine: Case['machine'] = { facts: { memoryBytes: 1024 ** 3 } };
    await assertFinds('Mem', 'warning', /found 1024 MiB, recommended 1700 MiB/, { machine });
  });
});

describe('Disk', () => {
  it('tells what is free and what is needed', () => assertOk('Disk', {}, /39062 MiB free, 1040 MiB needed/));

  it('a full /var: path, free and needed, as NO_SPACE', async () => {
    const df = (args: readonly string[]) =>
      [
        'head',
        ...args.slice(2).map((path) => (path.startsWith('/var') ? '/dev/loop0 500000 500000 0 100% /var' : ROOT)),
      ].join('\n');
    const verdict = await assertFinds('Disk', 'error', /\/var\/lib\/containerd.*: 0 MiB free, 1024 MiB needed/, {
      machine: { commands: { df } },
    });
    assert.equal(verdict.code, 'NO_SPACE');
    assert.match(verdict.found ?? '', /\/etc\/kubernetes: \d+ MiB free, 16 MiB needed/);
  });

  it('a file system without inodes', () => {
    const commands = { df: (args: readonly string[]) => dfOf(50_000_000, args[1] === '-i' ? 3 : 40_000_000)(args) };
    return assertFinds('Disk', 'error', /3 inodes free/, { machine: { commands } });
  });

  it('a file system that makes inodes as it needs them', () => {
    const commands = {
      df: (args: readonly string[]) => (args[1] === '-i' ? dfOf(0, 0) : dfOf(50_000_000, 40_000_000))(args),
    };
    return assertOk('Disk', { machine: { commands } });
  });

  it('a warning below the 15 % at which the kubelet evicts pods', () =>
    assertFinds('Disk', 'warning', /DiskPressure/, { machine: { commands: { df: dfOf(50_000_000, 5_000_000) } } }));

  it('a node that is joined needs little more', () =>
    assertOk('Disk', {
      machine: { commands: { df: dfOf(1_000_000, 300_000) } },
      node: { membership: async () => ({ caHash: 'ab', nodeName: 'edge-1', complete: true }) },
    }));

  it('a df that tells nothing is no full disk', () =>
    assertFinds('Disk', 'skipped', /does not report/, { machine: { commands: { df: 'df: not supported\n' } } }));

  it('asks about the folder that a symlink leads to', async () => {
    const files = {
      '/var/lib/containerd': { symlink: '/data/containerd' },
      '/data/containerd': { directory: true },
    } as const;
    const context = await contextOf({ machine: { files } });
    await judgeChecks(context);
    assert.ok(context.host.queries.includes('df -P -k /data/containerd /var/lib /var/lib /etc'));
  });
});

describe('Swap', () => {
  const swapOn: Case['machine'] = { files: { '/proc/swaps': `${SWAPS}/dev/sda2 partition 2097148 0 -2\n` } };

  it('lets a node without swap pass', () => assertOk('Swap', { machine: { files: { '/proc/swaps': SWAPS } } }));

  it('names the swap that the kubelet would not start with', () =>
    assertFinds('Swap', 'error', /\/dev\/sda2/, { machine: swapOn }));

  it('lets swap pass if the cluster configures its kubelets for it', () =>
    assertOk('Swap', {
      machine: swapOn,
      cluster: { configMaps: { 'kubelet-config-1.20': { kubelet: 'failSwapOn: false\n' } } },
    }));
});

describe('Hostname and NodeName', () => {
  const named = (hostname: string): Case => ({ machine: { facts: { hostname } } });

  it('take the host name, lower-cased with a notice', async () => {
    await assertOk('Hostname', named('edge-1.example'));
    await assertOk('Hostname', named('Edge-1'), /converted to edge-1/);
  });

  it('refuse a host name that every bare machine has', async () => {
    await assertFinds('Hostname', 'error', /must not start with localhost/, named('localhost.localdomain'));
    await assertFinds('NodeName', 'skipped', /Hostname failed/, named('localhost.localdomain'));
  });

  it('refuse one that is no DNS name, with the rule', () =>
    assertFinds('Hostname', 'error', /edge_1.*1 to 63 lower-case letters/, named('edge_1')));

  it('do not care about the host name if a name is given', () =>
    assertOk('NodeName', { ...named('localhost'), spec: { nodeName: 'edge-7' } }, /edge-7/));

  it('refuse a given name with 64 characters', () =>
    assertFinds('NodeName', 'error', /64 characters/, { spec: { nodeName: 'x'.repeat(64) } }));
});

describe('SystemVerification(cgroups)', () => {
  const v1Mounts = ['cpu,cpuacct', 'cpuset', 'devices', 'freezer', 'memory', 'pids']
    .map((options) => `cgroup /sys/fs/cgroup/${options} cgroup rw,relatime,${options} 0 0`)
    .concat('cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0')
    .join('\n');
  const v1Table = (off = '') =>
    ['#subsys_name\thierarchy\tnum_cgroups\tenabled']
      .concat(
        ...['cpu', 'cpuacct', 'cpuset', 'devices', 'freezer', 'memory', 'pids'].map(
          (name) => `${name}\t1\t1\t${name === off ? 0 : 1}`,
        ),
      )
      .join('\n');
  const check = 'SystemVerification(cgroups)';

  it('takes cgroup v2 with the controllers of the kubelet', () => assertOk(check, {}, /v2/));

  it('takes cgroup v1, also with a v2 beside it', () =>
    assertOk(check, { machine: { files: { '/proc/mounts': v1Mounts, '/proc/cgroups': v1Table() } } }, /v1/));

  it('names a controller that the kernel command line switched off', () =>
    assertFinds(check, 'error', /v1 lacks memory/, {
      machine: { files: { '/proc/mounts': v1Mounts, '/proc/cgroups': v1Table('memory') } },
    }));

  it('names a controller that is enabled and not mounted', () =>
    assertFinds(check, 'error', /v1 lacks pids/, {
      machine: { files: { '/proc/mounts': v1Mounts.replace(/^.*pids.*$/m, ''), '/proc/cgroups': v1Table() } },
    }));

  it('refuses a kubelet that does not know the cgroup version', async () => {
    const kubelet = (version: string): Case['node'] => ({ kubeletVersion: async () => version });
    await assertFinds(check, 'error', /v2, which kubelet 1\.18 does not support/, { node: kubelet('v1.18.8') });
    const files = { '/proc/mounts': v1Mounts, '/proc/cgroups': v1Table() };
    await assertFinds(check, 'error', /v1, which kubelet 1\.35 does not support/, {
      machine: { files },
      node: kubelet('v1.35.0'),
    });
  });
});

describe('Nameserver', () => {
  const resolving = (text: string, behindStub?: string): Case => ({
    machine: {
      files: {
        '/etc/resolv.conf': text,
        ...(behindStub === undefined ? {} : { '/run/systemd/resolve/resolv.conf': behindStub }),
      },
    },
  });

  it('Nameserver shows the servers', () =>
    assertOk('Nameserver', resolving('nameserver 10.1.1.1\nnameserver 2001:db8::1\n'), /10\.1\.1\.1/));

  it('warns about an empty file', () => assertFinds('Nameserver', 'warning', /lists no server/, resolving('')));

  it('warns about a server that is no address', () =>
    assertFinds('Nameserver', 'warning', /dns\.example/, resolving('nameserver dns.example\n')));

  it("takes systemd-resolved's stub, with the real servers behind it", () =>
    assertOk('Nameserver', resolving('nameserver 127.0.0.53\n', 'nameserver 10.1.1.1\n'), /10\.1\.1\.1/));

  it('warns about a loopback server with nothing behind it', () =>
    assertFinds('Nameserver', 'warning', /only 127\.0\.0\.53/, resolving('nameserver 127.0.0.53\n')));

  it('a resolv.conf that is a link to itself is an error of Nameserver alone, since no pod starts without it', async () => {
    const given: Case = { machine: { files: { '/etc/resolv.conf': unreadable('ELOOP') } } };
    await assertFinds('Nameserver', 'error', /ELOOP: pods could not start/, given);
    await assertOk('CIDRConflict', given);
  });

  it('refuses a node without the file: no pod could start', () =>
    assertFinds('Nameserver', 'error', /pods could not start/, {
      machine: { files: { '/etc/resolv.conf': undefined } },
    }));
});

describe('SELinux', () => {
  it('lets a permissive node and one without SELinux pass', async () => {
    await assertOk('SELinux');
    await assertOk('SELinux', { machine: { files: { '/sys/fs/selinux/enforce': '0' } } });
  });

  it('warns about one that enforces', () =>
    assertFinds('SELinux', 'warning', /enforcing/, { machine: { files: { '/sys/fs/selinux/enforce': '1' } } }));
});

describe('GPU', () => {
  const driver = 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.82.01  Wed Oct 27\n';
  const loaded: Case['machine'] = { files: { '/proc/driver/nvidia/version': driver } };

  it('GPU is skipped if no GPU was asked for', () => assertFinds('GPU', 'skipped', /no GPU/, {}));

  it('shows the driver of a known model', () =>
    assertOk('GPU', { machine: loaded, spec: { gpuVersion: 'Nvidia_Tesla_T4' } }, /470\.82\.01/));

  it('refuses a node without the driver', () =>
    assertFinds('GPU', 'error', /driver is not loaded/, { spec: { gpuVersion: 'Nvidia_Tesla_T4' } }));

  it('lists the models if another is named', () =>
    assertFinds('GPU', 'error', /Nvidia_Tesla_V100/, { machine: loaded, spec: { gpuVersion: 'Voodoo_3' } }));

  it('refuses a model that needs a later cluster', () =>
    assertFinds('GPU', 'error', /1\.26\.3-aliyun\.1 or later, this one is v1\.20\.2/, {
      machine: loaded,
      spec: { gpuVersion: 'Nvidia_L40' },
    }));
});

describe('CloudEndpoints', () => {
  it('CloudEndpoints is skipped for a join with a bootstrap token, with the reason', () =>
    assertFinds('CloudEndpoints', 'skipped', /bootstrap token/, {}));

  const endpoint = 'https://cs.cn-hangzhou.aliyuncs.com';
  const connect = (refused: RegExp): Case['machine'] => ({
    connect: async (address) => {
      if ('socket' in address || refused.test(address.host)) throw new Error('connection refused');
      return new PassThrough();
    },
  });

  it('CloudEndpoints names the hosts of the container service that the node reaches', () =>
    assertOk('CloudEndpoints', { endpoint, machine: connect(/^$/) }, /cs-anony\.cn-hangzhou\.aliyuncs\.com/));

  it('CloudEndpoints warns of hosts that nodes talk to and that this one cannot reach', () =>
    assertFinds(
      'CloudEndpoints',
      'warning',
      /^the node cannot connect to cs-anony\.aliyuncs\.com, cs-anony\.cn-hangzhou\.aliyuncs\.com$/,
      { endpoint, machine: connect(/^cs-anony/) },
    ));

  it('CloudEndpoints asks for no host of the vendor at an endpoint of somebody else', () =>
    assertOk('CloudEndpoints', { endpoint: 'https://127.0.0.1:7444/edgeadm/v1', machine: connect(/./) }, /^https/));
});

const ROOT = '/dev/sda1 50000000 10000000 40000000 20% /';
