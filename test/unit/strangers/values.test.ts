import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isVendorVersion } from '../../../src/compat/cluster-version.ts';
import { joinSpec } from '../../../src/config/join-spec.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { JournalRecord } from '../../../src/host/journal/record.ts';
import type { Network } from '../../../src/host/machine.ts';
import { parseIpInterfaces, parseIpRoutes } from '../../../src/host/network.ts';
import { targetsOf } from '../../../src/host/targets.ts';
import { compareVersions, minorOf } from '../../../src/kubernetes/version.ts';
import { canonicalAddress, nodeAddresses, sameAddress, sameHost } from '../../../src/lib/cidr.ts';
import { nodeView } from '../../../src/phases/join/node-view.ts';
import { fakeHost } from '../fake-host.ts';
import { assertFinds, contextOf } from '../phases/preflight/context.ts';

const NETWORK: Network = {
  interfaces: [
    { name: 'lo', up: true, addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.5/24', '2001:db8::5/64'] },
    { name: 'wg0', up: true, addresses: ['10.8.0.10/24'] },
    { name: 'usb0', up: true, addresses: ['169.254.7.7/16', 'febf::1/64', '2001:db8:7::1/64'] },
  ],
  routes: [{ destination: '0.0.0.0/0', interface: 'eth0', gateway: '192.0.2.1', metric: 100 }],
};

const SETTINGS = { yes: false, timeoutMs: 1000, compatMatrix: [] };

function specOf(values: Readonly<Record<string, unknown>>) {
  const whole = { apiServers: ['10.0.0.1:6443'], token: 'abcdef.0123456789abcdef', unsafeSkipCaVerification: true };
  return joinSpec([{ nameOf: (key) => key, values: { ...whole, ...values } }], SETTINGS);
}

async function viewOf(
  values: Readonly<Record<string, unknown>>,
  hosts = '',
  hostname = 'node1',
  network: Network = NETWORK,
) {
  const host = fakeHost({ network, files: { '/etc/hosts': hosts }, facts: { hostname } });
  const { spec } = await contextOf({ spec: specOf(values) });
  const silent = { info() {}, vendor() {}, warning() {}, debug() {}, progress() {} };
  const parts = { spec, host, journal: new JournalRecord(), log: silent, signal: AbortSignal.timeout(5000) };
  return nodeView(parts as unknown as Parameters<typeof nodeView>[0]);
}

describe('addresses are compared by value', () => {
  const SPELLINGS: readonly [source: string, given: string, ip: string, second?: string][] = [
    ['kubernetes/kubernetes#107735: an expanded IPv6 address', '2001:db8:0:0:0:0:0:5', '2001:db8::5'],
    ['bottlerocket-os/bottlerocket#1930: upper-case letters', '2001:DB8::5', '2001:db8::5'],
    ['leading zeros in its groups', '2001:0db8:0000::0005', '2001:db8::5'],
    ['k0sproject/k0sctl#736: both families', '192.0.2.5,2001:db8::5', '192.0.2.5', '2001:db8::5'],
    [
      'kubermatic/kubermatic#10642: both families with a space, IPv6 first',
      '2001:DB8::5, 192.0.2.5',
      '2001:db8::5',
      '192.0.2.5',
    ],
    ['indutny/node-ip#28: an IPv4 address as a dual-stack socket shows it', '::ffff:192.0.2.5', '192.0.2.5'],
    ['kubernetes/kubernetes#108658: IPv4 in the end of an IPv6 address', '2001:db8::0.0.0.5', '2001:db8::5'],
  ];
  for (const [source, nodeIp, ip, second] of SPELLINGS) {
    it(`--node-ip ${nodeIp} is found on its interface, as ${ip}: ${source}`, async () => {
      const address = await (await viewOf({ nodeIp })).address();
      assert.deepEqual({ ...address, second: address.second }, { ip, interface: 'eth0', second });
    });
  }

  for (const nodeIp of [
    '192.0.2.5,192.0.2.6',
    '192.0.2.5,',
    'a,b',
    '1.2.3.4,::1,::2',
    '192.0.2.5/24',
    '010.0.0.1',
    '',
  ]) {
    it(`--node-ip ${JSON.stringify(nodeIp)} is refused: it is not one address of each family`, () => {
      assert.throws(
        () => specOf({ nodeIp }),
        (error: unknown) => error instanceof EdgeadmError && /nodeIp: must be an IP address/.test(error.message),
      );
    });
  }

  it('two spellings are the same only if they have the same bytes', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (left, right) => {
        assert.ok(sameAddress(left, left.toUpperCase()));
        assert.equal(sameAddress(left, right), canonicalAddress(left) === canonicalAddress(right));
        assert.equal(nodeAddresses(left)?.length, 1);
      }),
    );
  });
});

describe('host names are compared without case', () => {
  const HOSTS: readonly [source: string, hostname: string, hosts: string, ip: string][] = [
    ['Azure/AKSFlexNode#184: PascalCase host name', 'Node1', '10.8.0.10 node1\n', '10.8.0.10'],
    ['Azure/aks-engine#4623: upper-case entry', 'node1', '10.8.0.10 NODE1.example.org NODE1\n', '10.8.0.10'],
    [
      'kubernetes/kubeadm#1987: loopback of another spelling is passed over',
      'node1',
      '127.0.1.1 node1\n10.8.0.10 node1\n',
      '10.8.0.10',
    ],
    ['an expanded IPv6 address in /etc/hosts', 'node1', '2001:db8:0:0::5 node1\n', '2001:db8:0:0::5'],
    ['the expanded loopback', 'node1', '0:0:0:0:0:0:0:1 node1\n', '192.0.2.5'],
    ['tailscale/tailscale#7553: a dot at the end of the entry', 'node1', '10.8.0.10 node1.\n', '10.8.0.10'],
    [
      'kubernetes/kubernetes#130409: a link-local address',
      'node1',
      'fe80::1 node1\n169.254.0.7 node1\n10.8.0.10 node1\n',
      '10.8.0.10',
    ],
    ['an address of another machine', 'node1', '203.0.113.9 node1\n', '192.0.2.5'],
  ];
  for (const [source, hostname, hosts, ip] of HOSTS) {
    it(`the entry of /etc/hosts for ${hostname} decides: ${source}`, async () => {
      assert.equal((await (await viewOf({}, hosts, hostname)).address()).ip, ip);
    });
  }
});

describe('addresses that a kubelet does not accept', () => {
  it('--node-iface gives the first address that it accepts, not a link-local one (kubernetes/kubernetes#130409)', async () => {
    assert.equal((await (await viewOf({ nodeIface: 'usb0' })).address()).ip, '2001:db8:7::1');
  });
});

describe('the node address of a machine with IPv6', () => {
  const eth0 = { name: 'eth0', up: true, addresses: ['fe80::1/64', '2001:db8::5/64'] };
  const routes = [{ destination: '::/0', interface: 'eth0', gateway: 'fe80::ff', metric: 1024 }];
  for (const [source, network, ip] of [
    ['kubernetes/kubernetes#61319: IPv6 alone', { interfaces: [eth0], routes }, '2001:db8::5'],
    [
      'k3s-io/k3s#6374: both families, the one of the better route',
      {
        interfaces: [eth0, { name: 'wlan0', up: true, addresses: ['192.0.2.9/24'] }],
        routes: [...routes, { destination: '0.0.0.0/0', interface: 'wlan0', gateway: '192.0.2.1', metric: 600 }],
      },
      '192.0.2.9',
    ],
  ] as const) {
    it(`without a word of the user it is the address that the default route gives: ${source}`, async () => {
      assert.equal((await (await viewOf({}, '', 'node1', network)).address()).ip, ip);
    });
  }
});

describe('the node address of a machine with several default routes', () => {
  const links = ['eth0', 'eth1', 'wlan0', 'cali1', 'wg0'].map(
    (name, i) => `${i + 2}: ${name}: <BROADCAST,UP> mtu 1500\n`,
  );
  const addresses = [
    '2: eth0    inet 172.16.99.226/24 scope global eth0',
    '2: eth0    inet6 2001:db8::226/64 scope global',
    '3: eth1    inet 192.168.1.32/24 scope global eth1',
    '4: wlan0    inet 10.10.102.17/16 scope global wlan0',
    '5: cali1    inet6 fe80::ecee:eeff:feee:eeee/64 scope link',
  ];
  const interfaces = parseIpInterfaces(links.join(''), addresses.join('\n'));
  const ROUTES: readonly (readonly [source: string, ipv4: string, ipv6: string, ip: string])[] = [
    [
      'canonical/microk8s#3669: two of the same metric, the first counts as in the kernel',
      'default via 172.16.99.1 dev eth0 proto dhcp src 172.16.99.226 metric 100\ndefault via 192.168.1.1 dev eth1 proto dhcp src 192.168.1.32 metric 100\n',
      '',
      '172.16.99.226',
    ],
    [
      'siderolabs/talos#12950: the one without a metric',
      'default via 172.16.99.1 dev eth0 metric 100\ndefault via 192.168.1.1 dev eth1\n',
      '',
      '192.168.1.32',
    ],
    [
      'k3s-io/k3s#5048: the better one has lost its link',
      'default via 172.16.99.1 dev eth0 metric 100 linkdown\ndefault via 10.10.102.1 dev wlan0 metric 600\n',
      '',
      '10.10.102.17',
    ],
    [
      'projectcalico/calico#5017: one that a network of pods has left behind',
      'default dev cali1 scope link\ndefault via 172.16.99.1 dev eth0 metric 100\n',
      '',
      '172.16.99.226',
    ],
    [
      'a tunnel without an address',
      'default dev wg0 scope link\ndefault via 192.168.1.1 dev eth1 metric 50\n',
      '',
      '192.168.1.32',
    ],
    [
      'kubernetes/kubernetes#11766: IPv4 first, as the kubelet chooses, whatever the metric of IPv6',
      'default via 192.168.1.1 dev eth1 metric 1024\n',
      'default via fe80::1 dev eth0 proto ra metric 100\n',
      '192.168.1.32',
    ],
    [
      'openshift/baremetal-runtimecfg#130: both families over one interface',
      'default via 172.16.99.1 dev eth0 metric 100\n',
      'default via fe80::1 dev eth0 metric 100\n',
      '172.16.99.226',
    ],
    [
      'several ways of one route',
      'default metric 20\n\tnexthop via 192.168.1.1 dev eth1 weight 1 dead linkdown\n\tnexthop via 10.10.0.1 dev wlan0 weight 1\n',
      '',
      '10.10.102.17',
    ],
  ];
  for (const [source, ipv4, ipv6, ip] of ROUTES)
    it(`the address of a node with several default routes is ${ip}, of the one over which the kernel sends: ${source}`, async () => {
      const network = { interfaces, routes: parseIpRoutes(ipv4, ipv6) };
      assert.equal((await (await viewOf({}, '', 'node1', network)).address()).ip, ip);
    });

  it('a machine whose default routes lead over no usable interface is told which ones (k3s-io/k3s#11640)', async () => {
    const network = { interfaces, routes: parseIpRoutes('default dev cali1 scope link\n', '') };
    const view = await viewOf({}, '', 'node1', network);
    await assert.rejects(view.address(), /no interface of a default route \(cali1\) has an address/);
  });

  it('the network of a cable that is out stays taken, as that of a docker without containers', () => {
    const [route] = parseIpRoutes('172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1 linkdown\n', '');
    assert.equal(route?.destination, '172.17.0.0/16');
  });
});

describe('hosts are named in many spellings', () => {
  for (const [source, left, right, same] of [
    ['tailscale/tailscale#7553', 'Edge1.Example.org', 'edge1.example.org.', true],
    ['kubernetes/kubernetes#107735', '2001:DB8::5', '2001:db8:0:0::5', true],
    ['indutny/node-ip#28', '::ffff:10.0.0.1', '10.0.0.1', true],
    ['two link-local addresses of two networks', 'fe80::1%eth0', 'fe80::1%eth1', false],
    ['a name that begins as another', 'edge1', 'edge10', false],
  ] as const) {
    it(`${left} and ${right} are ${same ? 'one host' : 'two hosts'}: ${source}`, () =>
      assert.equal(sameHost(left, right), same));
  }

  it('an inventory that lists a host twice, in two spellings, is refused', () =>
    assert.rejects(targetsOf({ hosts: ['root@2001:DB8::5', 'root@[2001:db8:0::5]'] }), /is listed twice/));
});

describe('address ranges of clusters are compared by value', () => {
  for (const [source, podSubnet, address] of [
    ['kubernetes/kubernetes#84541: host bits that are set', '10.47.128.1/17', '10.47.200.9'],
    ['kubernetes/kubernetes#100895: leading zeros, which Kubernetes reads as decimal', '010.044.0.0/16', '10.44.3.1'],
    ['kubernetes/kubernetes#112367: an expanded range', '2a0a:e5c0:0013:aaaa:0:0:0:0/80', '2A0A:e5c0:13:aaaa::7'],
    ['natesilva/is-in-subnet#2: a mapped range', '::ffff:10.44.0.0/112', '10.44.3.1'],
    ['two families with a space between', '10.44.0.0/16, fd00::/64', 'fd00::9'],
  ] as const) {
    it(`a name server in the Pod CIDR ${podSubnet} is found: ${source}`, async () => {
      const cluster = {
        configMaps: { 'kubeadm-config': { ClusterConfiguration: `networking: {podSubnet: "${podSubnet}"}` } },
      };
      const machine = { files: { '/etc/resolv.conf': `nameserver ${address}\n` } };
      await assertFinds('CIDRConflict', 'error', /name server/, { cluster, machine });
    });
  }

  for (const loopback of ['::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '127.9.9.9'])
    it(`the name server ${loopback} is the pod itself (coredns/coredns#1712)`, () =>
      assertFinds('Nameserver', 'warning', /only/, {
        machine: { files: { '/etc/resolv.conf': `nameserver ${loopback}\n` } },
      }));
});

describe('versions are compared by their numbers', () => {
  for (const [source, version, minor] of [
    ['portainer/kubesolo#43', 'v1.32.5-k3s1', 32],
    ['k3s-io/k3s#6374', 'v1.24.7+k3s1', 24],
    ['helm/helm#13094', 'v1.23.17-2+40cc20cc310518', 23],
    ['kubernetes-sigs/kind#3714', 'v1.32.0-alpha.0.156_983875b2f5bf64', 32],
    ['portworx/helm#389', 'v1.22.9-eks-810597c', 22],
    ['ansible/receptor#709', '1.24.8-gke.401', 24],
    ["the vendor's", '1.20.11-aliyun.1', 20],
    ['a release candidate', 'v1.30.0-rc.1', 30],
  ] as const) {
    it(`${version} is 1.${minor}, and not older than that release: ${source}`, () => {
      assert.equal(minorOf(version), minor);
      assert.equal(compareVersions(version, version.replace(/[-+].*/, '')), 0);
      assert.equal(isVendorVersion(version), version.includes('aliyun'));
    });
  }
});

describe('the interface of Flannel', () => {
  it("flannelIface does not move the node's address", async () => {
    const view = await viewOf({ flannelIface: 'wg0' });
    assert.equal((await view.address()).ip, '192.0.2.5');
    assert.equal(await view.flannelAddress(), '10.8.0.10');
  });

  it('nodeIface is of both, and counts more', async () => {
    const view = await viewOf({ flannelIface: 'eth0', nodeIface: 'wg0' });
    assert.equal((await view.address()).ip, '10.8.0.10');
    assert.equal(await view.flannelAddress(), '10.8.0.10');
  });

  it('an interface that there is not is named', async () => {
    const view = await viewOf({ flannelIface: 'wg7' });
    await assert.rejects(view.flannelAddress(), /the network interface wg7 does not exist/);
  });
});
