import assert from 'node:assert/strict';
import fc from 'fast-check';
import { joinSpec } from '../../../src/config/join-spec.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { JournalRecord } from '../../../src/host/journal/record.ts';
import type { Network } from '../../../src/host/machine.ts';
import { canonicalAddress, nodeAddresses, sameAddress } from '../../../src/lib/cidr.ts';
import { nodeView } from '../../../src/phases/join/node-view.ts';
import { fakeHost } from '../fake-host.ts';
import { contextOf } from '../phases/preflight/context.ts';

const NETWORK: Network = {
  interfaces: [
    { name: 'lo', up: true, addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.5/24', '2001:db8::5/64'] },
    { name: 'wg0', up: true, addresses: ['10.8.0.10/24'] },
  ],
  routes: [{ destination: '0.0.0.0/0', interface: 'eth0', gateway: '192.0.2.1', metric: 100 }],
};

const SETTINGS = { yes: false, timeoutMs: 1000, compatMatrix: [] };

function specOf(values: Readonly<Record<string, unknown>>) {
  const whole = { apiServers: ['10.0.0.1:6443'], token: 'abcdef.0123456789abcdef', unsafeSkipCaVerification: true };
  return joinSpec([{ nameOf: (key) => key, values: { ...whole, ...values } }], SETTINGS);
}

async function viewOf(values: Readonly<Record<string, unknown>>, hosts = '', hostname = 'node1') {
  const host = fakeHost({ network: NETWORK, files: { '/etc/hosts': hosts }, facts: { hostname } });
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

  it('two spellings are the same exactly where they have the same bytes', () => {
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
    ['an address of another machine', 'node1', '203.0.113.9 node1\n', '192.0.2.5'],
  ];
  for (const [source, hostname, hosts, ip] of HOSTS) {
    it(`the entry of /etc/hosts for ${hostname} decides: ${source}`, async () => {
      assert.equal((await (await viewOf({}, hosts, hostname)).address()).ip, ip);
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
