import assert from 'node:assert/strict';
import { execa } from 'execa';
import { parseIpInterfaces, parseIpRoutes, readNetwork } from '../../../src/host/network.ts';

const LINKS = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP mode DEFAULT group default qlen 1000\\    link/ether 00:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff
3: eth1: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 1000\\    link/ether 00:16:3e:00:00:02 brd ff:ff:ff:ff:ff:ff
4: tun0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UNKNOWN mode DEFAULT group default qlen 100\\    link/none
5: flannel.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN mode DEFAULT group default\\    link/ether 9e:aa:bb:cc:dd:ee brd ff:ff:ff:ff:ff:ff
7: vethd7f1a2b3@if6: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue master cni0 state UP mode DEFAULT group default\\    link/ether 2e:aa:bb:cc:dd:ee brd ff:ff:ff:ff:ff:ff link-netnsid 0
`;
const ADDRESSES = `1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever
2: eth0    inet 10.0.0.5/24 brd 10.0.0.255 scope global dynamic eth0\\       valid_lft 315360000sec preferred_lft 315360000sec
2: eth0    inet 10.0.0.6/24 brd 10.0.0.255 scope global secondary eth0\\       valid_lft forever preferred_lft forever
2: eth0    inet6 fe80::216:3eff:fe00:1/64 scope link \\       valid_lft forever preferred_lft forever
4: tun0    inet 10.8.0.6 peer 10.8.0.5/32 scope global tun0\\       valid_lft forever preferred_lft forever
7: vethd7f1a2b3    inet6 fe80::2caa:bbff:fecc:ddee/64 scope link \\       valid_lft forever preferred_lft forever
`;

describe('the interfaces of a node', () => {
  const interfaces = parseIpInterfaces(LINKS, ADDRESSES);
  const named = (name: string) => interfaces.find((each) => each.name === name);

  it('the interfaces of a node are all there, with every address or none', () => {
    assert.deepEqual(
      interfaces.map(({ name, addresses }) => [name, addresses]),
      [
        ['lo', ['127.0.0.1/8', '::1/128']],
        ['eth0', ['10.0.0.5/24', '10.0.0.6/24', 'fe80::216:3eff:fe00:1/64']],
        ['eth1', []],
        ['tun0', ['10.8.0.6/32']],
        ['flannel.1', []],
        ['vethd7f1a2b3', ['fe80::2caa:bbff:fecc:ddee/64']],
      ],
    );
  });

  it('an address that lasts comes before those that the kernel changes every day (LibreELEC/LibreELEC.tv#6595)', () => {
    const text = [
      '2: eth0    inet6 2001:db8::aaaa/64 scope global temporary dynamic \\       valid_lft 80000sec preferred_lft 7000sec',
      '2: eth0    inet6 2001:db8::bbbb/64 scope global deprecated dynamic mngtmpaddr \\       valid_lft 80000sec preferred_lft 0sec',
      '2: eth0    inet6 2001:db8::5/64 scope global dynamic mngtmpaddr \\       valid_lft 80000sec preferred_lft 7000sec',
    ].join('\n');
    const eth0 = parseIpInterfaces(LINKS, text).find(({ name }) => name === 'eth0');
    assert.deepEqual(eth0?.addresses, ['2001:db8::5/64', '2001:db8::aaaa/64', '2001:db8::bbbb/64']);
  });

  it('the interfaces of a node are up or down', () => {
    assert.deepEqual([named('eth0')?.up, named('eth1')?.up, named('tun0')?.up], [true, false, true]);
  });
});

describe('the routes of a node', () => {
  it('tell destination, interface, gateway, source and metric', () => {
    const text = `default via 10.0.0.1 dev eth0 proto dhcp src 10.0.0.5 metric 100
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.5
10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
100.100.2.136 via 10.0.0.1 dev eth0
`;
    assert.deepEqual(parseIpRoutes(text, ''), [
      { destination: '0.0.0.0/0', interface: 'eth0', gateway: '10.0.0.1', source: '10.0.0.5', metric: 100 },
      { destination: '10.0.0.0/24', interface: 'eth0', gateway: undefined, source: '10.0.0.5', metric: 0 },
      { destination: '10.244.1.0/24', interface: 'flannel.1', gateway: '10.244.1.0', source: undefined, metric: 0 },
      { destination: '100.100.2.136/32', interface: 'eth0', gateway: '10.0.0.1', source: undefined, metric: 0 },
    ]);
  });

  it('the routes of a node of IPv6 end in /128, the default one in ::/0', () => {
    const text = `::1 dev lo proto kernel metric 256 pref medium
fe80::/64 dev eth0 proto kernel metric 256 pref medium
default via fe80::1 dev eth0 proto ra metric 1024 expires 1790sec hoplimit 64 pref medium
`;
    assert.deepEqual(
      parseIpRoutes('', text).map(({ destination, interface: device, metric }) => [destination, device, metric]),
      [
        ['::1/128', 'lo', 256],
        ['fe80::/64', 'eth0', 256],
        ['::/0', 'eth0', 1024],
      ],
    );
  });

  it('the routes of a node with several ways are told way by way', () => {
    const text = `default proto static metric 50
\tnexthop via 10.0.0.1 dev eth0 weight 1
\tnexthop via 10.1.0.1 dev eth1 weight 1
10.5.0.0/16 via inet6 fe80::9 dev eth0
`;
    assert.deepEqual(
      parseIpRoutes(text, '').map(({ destination, interface: device, gateway }) => [destination, device, gateway]),
      [
        ['0.0.0.0/0', 'eth0', '10.0.0.1'],
        ['0.0.0.0/0', 'eth1', '10.1.0.1'],
        ['10.5.0.0/16', 'eth0', 'fe80::9'],
      ],
    );
  });

  it('the routes of a node that lead nowhere count too: their addresses are taken', () => {
    const text =
      'blackhole 10.244.0.0/16 proto bird\nunreachable 192.168.9.0/24 metric 1\nbroadcast 10.0.0.255 dev eth0\n';
    assert.deepEqual(
      parseIpRoutes(text, '').map(({ destination }) => destination),
      ['10.244.0.0/16', '192.168.9.0/24'],
    );
  });
});

describe('reading the network', () => {
  /** The script that is run, with an `ip` of our own. */
  const withIp = (ip: string) => async (_file: string, args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await execa('sh', ['-c', `ip() { ${ip}\n}\n${args.at(-1)}`], {
      reject: false,
    });
    return { exitCode: exitCode ?? -1, stdout, stderr };
  };

  it('says so if the node has no iproute2', async () => {
    const exec = withIp('echo "ip: not found" >&2; return 127');
    await assert.rejects(readNetwork(exec), { code: 'COMMAND_FAILED', why: 'ip: not found' });
  });

  it('reading the network does without IPv6', async () => {
    const exec = withIp(`[ "$1" != -6 ] || { echo 'not supported' >&2; return 2; }
      [ "$2" != link ] || echo '2: eth0: <BROADCAST,UP> mtu 1500'
      [ "$1" != -4 ] || echo 'default via 10.0.0.1 dev eth0'`);
    const { interfaces, routes } = await readNetwork(exec);
    assert.deepEqual([interfaces.map(({ name }) => name), routes.length], [['eth0'], 1]);
  });
});
