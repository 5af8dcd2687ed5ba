import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import type { V1Node } from '@kubernetes/client-node';
import type { NodePool, NodePoolMode } from '../../../../src/config/node-pool.ts';
import type { Address, Route } from '../../../../src/host/machine.ts';
import { tryOverlay } from '../../../../src/phases/network/overlay.ts';
import { peersFor } from '../../../../src/phases/network/overlay-peers.ts';
import { reachTable } from '../../../../src/phases/network/reach.ts';
import { sitesOf } from '../../../../src/phases/network/sites.ts';

const SIGNAL = new AbortController().signal;
const nodeIn = (name: string, pool: string | undefined, number: number, edge = 'true'): V1Node => ({
  metadata: {
    name,
    labels: { 'alibabacloud.com/is-edge-worker': edge, ...(pool && { 'apps.openyurt.io/nodepool': pool }) },
  },
  spec: { podCIDR: `10.244.${number}.0/24` },
  status: { addresses: [{ type: 'InternalIP', address: `10.0.0.${number}` }] },
});
const poolOf = (name: string, mode: NodePoolMode): NodePool =>
  ({ id: name, name, mode, isDefault: false, labels: {}, annotations: {}, taints: [], podCidrs: [] }) as NodePool;

const NODES = [
  nodeIn('c1', undefined, 1, 'false'),
  nodeIn('s1', 'shops', 2),
  nodeIn('s2', 'shops', 3),
  nodeIn('d1', 'line-a', 4),
  nodeIn('d2', 'line-b', 5),
  nodeIn('lone', undefined, 6),
];
const SITES = sitesOf(NODES, [poolOf('shops', 'basic'), poolOf('line-a', 'private'), poolOf('line-b', 'private')]);

describe('which pods reach which', () => {
  it('the cloud and each edge pool are sites; an edge node without pool is one of its own', () => {
    assert.deepEqual(
      SITES.map(({ name, mode, nodes }) => [name, mode, nodes.length]),
      [
        ['cloud', undefined, 1],
        ['line-a', 'private', 1],
        ['line-b', 'private', 1],
        ['lone (no pool)', 'basic', 1],
        ['shops', 'basic', 2],
      ],
    );
  });

  it('an edge pool that is named as the other site is a site of its own', () => {
    const sites = sitesOf([nodeIn('c1', undefined, 1, 'false'), nodeIn('e1', 'cloud', 2)], [poolOf('cloud', 'basic')]);
    assert.deepEqual(
      sites.map(({ name, mode, nodes }) => [name, mode, nodes.join()]),
      [
        ['cloud', undefined, 'c1'],
        ['cloud (edge pool)', 'basic', 'e1'],
      ],
    );
    assert.equal(reachTable(sites).find(({ from, to }) => from !== to)?.reachable, 'no');
  });

  // Source: the vendor's document on edge networks, "Network access types".
  for (const [from, to, reachable] of [
    ['shops', 'shops', 'yes'],
    ['cloud', 'cloud', 'yes'],
    ['cloud', 'shops', 'no'],
    ['shops', 'cloud', 'no'],
    ['shops', 'line-a', 'no'],
    ['cloud', 'line-a', 'yes'],
    ['line-a', 'cloud', 'yes'],
    ['line-a', 'line-b', 'unknown'],
  ])
    it(`pods in ${from} reach pods in ${to}: ${reachable}`, () => {
      const found = reachTable(SITES).find((each) => each.from === from && each.to === to);
      assert.equal(found?.reachable, reachable);
      assert.ok(found?.why);
    });
});

describe('VXLAN between nodes', () => {
  const own = (interfaces: Record<string, string[]>) =>
    Object.entries(interfaces).map(([name, addresses]) => ({ name, up: true, addresses }));
  const FLANNEL = { eth0: ['10.0.0.2/24'], 'flannel.1': ['10.244.2.0/32'] };
  const through = (number: number, name = 'flannel.1'): Route => ({
    ...{ destination: `10.244.${number}.0/24`, interface: name, metric: 0 },
  });

  it('a machine is the node that has its address, and expects what the pools allow', () => {
    const peers = peersFor(NODES, SITES, { interfaces: own(FLANNEL), routes: [] });
    assert.deepEqual(
      peers.map(({ node, expected }) => [node, expected]),
      [
        ['c1', 'no'],
        ['s2', 'yes'],
        ['d1', 'no'],
        ['d2', 'no'],
        ['lone', 'no'],
      ],
    );
    const stranger = peersFor(NODES, SITES, { interfaces: own({ eth0: ['192.0.2.1/24'] }), routes: [] });
    assert.ok(stranger.every(({ expected }) => expected === 'unknown'));
    assert.equal(stranger.length, NODES.length);
  });

  for (const [podCIDR, podCIDRs, expected] of [
    ['10.244.9.0/24', undefined, '10.244.9.0/24'],
    ['fd00:9::/64', ['fd00:9::/64', '10.244.9.0/24'], '10.244.9.0/24'],
    ['fd00:9::/64', ['fd00:9::/64'], 'fd00:9::/64'],
    [undefined, undefined, undefined],
  ] as const)
    it(`VXLAN to a node with ${podCIDRs?.join(' and ') ?? podCIDR ?? 'no range'} is tried at ${expected ?? 'nothing'}`, () => {
      const node: V1Node = { metadata: { name: 'n9' }, spec: { podCIDR, podCIDRs: podCIDRs && [...podCIDRs] } };
      const [peer] = peersFor([node], [], { interfaces: [], routes: [] });
      assert.equal(peer?.podCidr, expected);
    });

  it('an answer means that packets go both ways, a refused connection too; silence and a missing route do not', async () => {
    const dialed: string[] = [];
    const machine = {
      network: async () => ({
        interfaces: own(FLANNEL),
        routes: [3, 4, 5].map((each) => through(each)).concat(through(1, 'eth0')),
      }),
      connect: async (address: Address) => {
        const { host, port } = address as { host: string; port: number };
        dialed.push(`${host}:${port}`);
        if (host === '10.244.3.0') return new Duplex();
        throw new Error(host === '10.244.4.0' ? 'connect ECONNREFUSED' : 'no answer within 5 s');
      },
    };
    const peers = peersFor(NODES, SITES, { interfaces: own(FLANNEL), routes: [] });
    const checks = await tryOverlay(machine, peers, SIGNAL);
    assert.deepEqual(
      checks.map(({ node, result }) => [node, result]),
      [
        ['c1', 'unknown'],
        ['s2', 'ok'],
        ['d1', 'ok'],
        ['d2', 'failed'],
        ['lone', 'failed'],
      ],
    );
    assert.deepEqual(dialed.sort(), ['10.244.3.0:10250', '10.244.4.0:10250', '10.244.5.0:10250']);
    assert.match(checks.at(-1)?.found ?? '', /no route to 10\.244\.6\.0\/24/);
  });

  it('a node without Flannel cannot be tried, and that is not a failure', async () => {
    const network = async () => ({ interfaces: own({ eth0: ['10.0.0.2/24'] }), routes: [] });
    const connect = async () => assert.fail('nothing is dialed');
    const checks = await tryOverlay(
      { network, connect },
      [{ node: 'a', podCidr: '10.244.3.0/24', expected: 'yes' }],
      SIGNAL,
    );
    assert.deepEqual(
      checks.map(({ result }) => result),
      ['unknown'],
    );
    assert.match(checks[0]?.found ?? '', /no flannel\.1/);
  });
});
