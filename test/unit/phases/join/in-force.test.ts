import assert from 'node:assert/strict';
import { bootSysctls } from '../../../../src/host/boot-sysctls.ts';
import type { JoinContext } from '../../../../src/phases/join/context.ts';
import { warnOfOtherConfiguration } from '../../../../src/phases/join/install-runtime.ts';
import { overridingDropIns } from '../../../../src/phases/preflight/drop-ins.ts';
import type { PhaseTools } from '../../../../src/workflow/phase.ts';
import { fakeHost } from '../../fake-host.ts';
import { recordedLog } from '../../recorded-log.ts';

describe('what containerd makes of its files', () => {
  // A file that another one imports comes last: github.com/containerd/containerd, docs/man/containerd-config.toml.5.md.
  const dump = (systemdCgroup: boolean) => `version = 2
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    SystemdCgroup = ${systemdCgroup}
`;
  for (const [title, answer, warnings] of [
    ['another value is a warning', dump(false), 1],
    ['the value of the join is none', dump(true), 0],
    ['no answer is none', '', 0],
  ] as const)
    it(`at the end of a join: ${title}`, async () => {
      const host = fakeHost({ commands: { 'containerd config dump': answer } });
      const log = recordedLog();
      const node = { bundle: async () => undefined };
      const spec = { runtime: 'containerd', gpuVersion: '' };
      await warnOfOtherConfiguration({ host, log, node, spec } as unknown as JoinContext & PhaseTools);
      assert.equal(log.lines.filter((line) => /does not use what the join configured/.test(line)).length, warnings);
    });
});

describe('what is in force after a reboot', () => {
  it('a kernel parameter is that of the file that is read last (awslabs/amazon-eks-ami#746, openshift/openshift-ansible#6818)', async () => {
    const host = fakeHost({
      files: {
        '/etc/sysctl.d/99-edgeadm.conf': 'net.ipv4.ip_forward = 1\n',
        '/etc/sysctl.d/99-sysctl.conf': { symlink: '../sysctl.conf' },
        '/etc/sysctl.conf': '# CIS\nnet.ipv4.ip_forward = 0\n',
      },
    });
    assert.deepEqual((await bootSysctls(host)).get('net.ipv4.ip_forward'), {
      value: '0',
      file: '/etc/sysctl.d/99-sysctl.conf',
    });
  });

  it('a file in /etc hides one of its name in /usr/lib, slashes are dots, and forwarding has two names (replicatedhq/kURL#2174)', async () => {
    const host = fakeHost({
      files: {
        '/usr/lib/sysctl.d/zz.conf': 'net.ipv4.ip_forward = 0\n',
        '/etc/sysctl.d/zz.conf': '-net/ipv4/conf/all/forwarding=1\n',
        '/run/sysctl.d/10.conf': 'vm.panic_on_oom = 1\n',
      },
    });
    const found = await bootSysctls(host);
    assert.equal(found.get('net.ipv4.ip_forward')?.value, '1');
    assert.equal(found.get('vm.panic_on_oom')?.file, '/run/sysctl.d/10.conf');
  });

  for (const [title, files, value] of [
    ['on', { '/etc/ufw/ufw.conf': 'ENABLED=yes\nLOGLEVEL=low\n' }, '0'],
    ['off', { '/etc/ufw/ufw.conf': 'ENABLED=no\n' }, '1'],
    ['told to set nothing', { '/etc/ufw/ufw.conf': 'ENABLED=yes\n', '/etc/default/ufw': 'IPT_SYSCTL=\n' }, '1'],
    [
      'told another file',
      {
        '/etc/ufw/ufw.conf': 'ENABLED="yes"\n',
        '/etc/default/ufw': 'IPT_SYSCTL=/etc/ufw/ours.conf\n',
        '/etc/ufw/ours.conf': 'net/ipv4/conf/all/forwarding=2\n',
      },
      '2',
    ],
  ] as const)
    it(`a kernel parameter is that of ufw if that is ${title} (ansible-lockdown/UBUNTU18-CIS#28)`, async () => {
      const host = fakeHost({
        files: {
          '/etc/sysctl.d/99-edgeadm.conf': 'net.ipv4.ip_forward = 1\n',
          '/etc/ufw/sysctl.conf': '# comment\nnet/ipv4/ip_forward=0\n',
          ...files,
        },
      });
      assert.equal((await bootSysctls(host)).get('net.ipv4.ip_forward')?.value, value);
    });

  it('a comment behind the value of a kernel parameter is none of its value (replicatedhq/kURL#2174)', async () => {
    const host = fakeHost({ files: { '/etc/sysctl.d/99-z.conf': 'net.ipv4.ip_forward = 1 # kubernetes\n' } });
    assert.equal((await bootSysctls(host)).get('net.ipv4.ip_forward')?.value, '1');
  });

  it('a command of a drop-in may go over several lines, and drop-ins may be of every service and below /usr/local (kubernetes/website#9227)', async () => {
    const host = fakeHost({
      files: {
        '/etc/systemd/system/kubelet.service.d/20-cpu.conf':
          '[Service]\nExecStart=\nExecStart=/usr/bin/taskset -c 0 /usr/bin/kubelet \\\n  $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS \\\n  # flags\n  $KUBELET_KUBEADM_ARGS\n',
        '/usr/local/lib/systemd/system/kubelet.service.d/30-own.conf':
          '[Service]\nExecStart=\nExecStart=/opt/kubelet $KUBELET_KUBECONFIG_ARGS\n',
        '/etc/systemd/system/service.d/90-proxy.conf': '[Service]\nEnvironment=HTTPS_PROXY=http://10.0.0.1:3128\n',
        '/etc/systemd/system/service.d/91-args.conf': '[Service]\nEnvironment=KUBELET_KUBEADM_ARGS=--v=2\n',
      },
    });
    const found = await overridingDropIns(host);
    assert.equal(found.length, 2, found.join('\n'));
    assert.match(found[0] ?? '', /^\/usr\/local\/lib\/\S+\/30-own\.conf starts the kubelet without/);
    assert.match(found[1] ?? '', /^\/etc\/systemd\/system\/service\.d\/91-args\.conf sets KUBELET_KUBEADM_ARGS/);
  });

  it("a drop-in that starts the kubelet without the join's arguments is named, one that sorts before it is not", async () => {
    const host = fakeHost({
      files: {
        '/etc/systemd/system/kubelet.service.d/0-containerd.conf':
          '[Service]\nExecStart=\nExecStart=/usr/bin/kubelet\n',
        '/etc/systemd/system/kubelet.service.d/20-extra.conf':
          '[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --config=/etc/kubelet.yaml\n',
        '/usr/lib/systemd/system/kubelet.service.d/90-limits.conf': '[Service]\nLimitNOFILE=65536\n',
        '/run/systemd/system/kubelet.service.d/30-env.conf':
          '[Service]\nEnvironment="KUBELET_CONFIG_ARGS=--config=/etc/other.yaml"\n',
      },
    });
    const found = await overridingDropIns(host);
    assert.equal(found.length, 2);
    assert.match(
      found[0] ?? '',
      /20-extra\.conf starts the kubelet without \$KUBELET_CONFIG_ARGS, \$KUBELET_KUBEADM_ARGS/,
    );
    assert.match(found[1] ?? '', /30-env\.conf sets KUBELET_CONFIG_ARGS/);
  });
});
