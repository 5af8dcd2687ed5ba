import assert from 'node:assert/strict';
import { networkCapacity, refusePlan } from '../../../../src/phases/network/capacity.ts';

const PLAN = { podCidr: '10.244.0.0/16', nodeMask: 24, serviceCidrs: ['10.96.0.0/12'], vpcCidrs: [], nodes: [] };
const node = (name: string, podCidr: string, address: string, maxPods = 110) => ({
  ...{ name, podCidr, maxPods },
  addresses: [address],
});

describe('what fits into the ranges of a cluster', () => {
  for (const [podCidr, nodeMask, nodes, addresses] of [
    ['10.244.0.0/16', 24, 256, 256],
    ['172.20.0.0/16', 26, 1024, 64],
    ['10.0.0.0/8', 25, 131_072, 128],
    ['10.244.0.0/24', 24, 1, 256],
    ['fd00::/48', 64, 65_536, 2 ** 52],
  ] as const)
    it(`${podCidr} with /${nodeMask} for each node has room for ${nodes} nodes`, () => {
      const found = networkCapacity({ ...PLAN, podCidr, nodeMask });
      assert.equal(found.nodes.possible, nodes);
      assert.equal(found.podsPerNode.addresses, addresses);
      assert.equal(found.podsPerNode.usable, addresses - 3);
    });

  it('nodes that have a range count as used, and the lowest limit of a kubelet counts', () => {
    const nodes = [node('a', '10.244.0.0/24', '10.0.0.1'), node('b', '10.244.1.0/24', '10.0.0.2', 64)];
    const { nodes: counted, podsPerNode, overlaps } = networkCapacity({ ...PLAN, nodes });
    assert.deepEqual([counted.used, podsPerNode.kubeletLimit, overlaps], [2, 64, []]);
  });

  it('ranges that share addresses are named: pods, Services, a VPC, and nodes within them', () => {
    const nodes = [node('a', '10.245.0.0/24', '10.244.9.9')];
    const plan = { ...PLAN, serviceCidrs: ['10.244.128.0/20'], vpcCidrs: ['10.0.0.0/8', '192.168.0.0/16'], nodes };
    assert.deepEqual(networkCapacity(plan).overlaps, [
      '10.244.0.0/16 of the pods and 10.244.128.0/20 of the Services share addresses',
      '10.244.0.0/16 of the pods and 10.0.0.0/8 of a VPC share addresses',
      '10.244.128.0/20 of the Services and 10.0.0.0/8 of a VPC share addresses',
      'node a has the address 10.244.9.9, which is in 10.244.0.0/16 of the pods',
      'node a has the range 10.245.0.0/24, which is not in 10.244.0.0/16',
    ]);
  });

  it('a plan that cannot be is refused with all its mistakes', () => {
    assert.deepEqual(refusePlan({ podCidr: '10.244.0.0/16', nodeMask: 24, vpcCidrs: [] }), []);
    assert.match(refusePlan({ podCidr: '10.244.0.0', nodeMask: 24, vpcCidrs: [] }).join(), /--pod-cidr/);
    const wrong = refusePlan({ podCidr: '10.244.0.0/16', nodeMask: 12, vpcCidrs: ['x'] });
    assert.match(wrong.join('\n'), /--node-mask: 12 is not between 16.* and 30\n--vpc-cidr: "x"/);
  });
});
