import assert from 'node:assert/strict';
import { clusterNetworksIn } from '../../../src/kubernetes/cluster-networks.ts';

describe('the networks in kubeadm-config', () => {
  for (const [what, text, expected] of [
    [
      'of a dual-stack cluster are all read',
      'networking:\n  podSubnet: 10.244.0.0/16,fd00:1::/56\n  serviceSubnet: "10.96.0.0/12"\n',
      { podCidrs: ['10.244.0.0/16', 'fd00:1::/56'], serviceCidrs: ['10.96.0.0/12'] },
    ],
    ['are none in a comment', '# podSubnet: 10.0.0.0/8\nkind: ClusterConfiguration\n', undefined],
    ['without subnets are empty', 'networking: {dnsDomain: cluster.local}', { podCidrs: [], serviceCidrs: [] }],
    ['of a cluster that kubeadm did not make are not known', undefined, undefined],
  ] as const) {
    it(`the networks in kubeadm-config ${what}`, () => assert.deepEqual(clusterNetworksIn(text), expected));
  }
});
