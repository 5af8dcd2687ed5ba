import assert from 'node:assert/strict';
import { checksNamed, unknownChecks } from '../../../../src/phases/preflight/check-names.ts';

describe('the names that --ignore-preflight-errors takes', () => {
  for (const [name, checks] of [
    ['Swap', ['swap']],
    ['sWAP', ['swap']],
    ['SystemVerification', ['systemverification(cgroups)', 'systemverification(kernel)']],
    ['Firewall(8472/udp)', ['firewall(8472/udp)']],
    // Names of kubeadm v1.34, cmd/kubeadm/app/preflight/checks.go
    ['Firewalld', ['firewall(8472/udp)']],
    ['Service-Docker', ['runtime']],
    ['ContainerRuntimeVersion', ['runtime']],
    ['KubeletVersion', ['clusterversion']],
    ['FileContent--proc-sys-net-bridge-bridge-nf-call-iptables', ['kernelfeature-br_netfilter']],
    ['FileContent--proc-sys-net-ipv4-ip_forward', []],
    ['FileExisting-conntrack', []],
    ['DirAvailable--var-lib-etcd', []],
    ['FileAvailable--etc-kubernetes-super-admin.conf', []],
    ['Port-6443', []],
    ['ImagePull', []],
    ['HTTPProxyCIDR', ['httpproxy']],
    ['FOO', undefined],
    ['', undefined],
  ] as const)
    it(`${name || 'an empty name'} ${checks === undefined ? 'is unknown' : `ignores ${checks.join() || 'no check of edgeadm'}`}`, () => {
      assert.deepEqual(checksNamed(name), checks);
    });

  it('all ignores every check', () => {
    assert.ok((checksNamed('all') ?? []).length > 30);
  });

  it('an unknown name is refused with the check that was probably meant, or where they are listed', () => {
    assert.deepEqual(unknownChecks(['osuported', 'Swap', 'all', 'FileExisting-crictl', '']), [
      'unknown check osuported; did you mean OSSupported?',
    ]);
    assert.match(unknownChecks(['xyzzy'])[0] ?? '', /unknown check xyzzy; `edgeadm explain checks`/);
  });
});
