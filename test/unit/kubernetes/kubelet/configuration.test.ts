import assert from 'node:assert/strict';
import { clusterDnsOf, kubeletConfiguration } from '../../../../src/kubernetes/kubelet/configuration.ts';

/** As kubeadm: cmd/kubeadm/app/constants/constants_test.go, TestGetDNSIP, and the same rule by hand. */
const DNS: readonly (readonly [string, string | undefined])[] = [
  ['10.96.0.0/12', '10.96.0.10'],
  ['192.168.10.0/24', '192.168.10.10'],
  ['172.21.0.250/16', '172.21.0.10'],
  ['10.255.255.0/24,fd00::/112', '10.255.255.10'],
  ['2001:db8::100/120', '2001:db8::10a'],
  ['fd00:0:0:0::/64', 'fd00::a'],
  ['2001:db8:0:1::f/112', '2001:db8:0:1::a'],
  ['10.0.0.0/29', undefined],
  ['none', undefined],
];

describe("the cluster's DNS in the kubelet's configuration", () => {
  for (const [cidr, dns] of DNS) {
    it(`cluster DNS of Service CIDR ${cidr} is ${dns}, as kubeadm has it`, () => {
      assert.equal(clusterDnsOf(cidr), dns);
    });
  }

  it('a Service CIDR that is too small leaves clusterDNS out instead of writing a wrong address', () => {
    const options = { version: 'v1.20.3', serviceCidr: '10.0.0.0/30', taints: [], swapOn: false, cgroupVersion: 2 };
    assert.equal('clusterDNS' in kubeletConfiguration({ ...options, cgroupVersion: 2 }), false);
  });
});
