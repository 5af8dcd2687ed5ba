import assert from 'node:assert/strict';
import type { V1Node } from '@kubernetes/client-node';
import { dump } from 'js-yaml';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { clusterRanges } from '../../../../src/phases/network/cluster-ranges.ts';
import { apiServer } from '../../kubernetes/api-server.ts';

const SIGNAL = new AbortController().signal;
const node = (name: string, spec: V1Node['spec']): V1Node => ({ metadata: { name }, spec });
const MAPS = '/configmaps/';

interface Given {
  readonly podSubnet?: unknown;
  readonly flannel?: unknown;
  readonly nodes?: readonly V1Node[];
}

/** The range, the length of that of a node, and the nodes that have one. */
async function rangesOf({ podSubnet, flannel, nodes = [] }: Given): Promise<string> {
  const configuration = dump({ networking: { podSubnet } }, { skipInvalid: true });
  const maps: Readonly<Record<string, object | undefined>> = {
    'kubeadm-config': podSubnet === undefined ? undefined : { data: { ClusterConfiguration: configuration } },
    'kube-flannel-cfg': flannel === undefined ? undefined : { data: { 'net-conf.json': JSON.stringify(flannel) } },
  };
  const { server, ca, connect } = await apiServer(({ path }) =>
    path.startsWith('/api/v1/nodes') ? { items: nodes } : maps[path.slice(path.indexOf(MAPS) + MAPS.length)],
  );
  const client = new ApiClient({ servers: [server], ca }, connect);
  const { podCidr, nodeMask, nodes: found } = await clusterRanges(client, SIGNAL);
  client.close();
  const used = found.flatMap((each) => (each.podCidr ? `${each.name}=${each.podCidr}` : []));
  return [podCidr ?? 'none', `/${nodeMask ?? '?'}`, ...used].join(' ');
}

describe('the ranges that a cluster says it has', () => {
  const DUAL = node('a', { podCIDR: 'fd00:1::/64', podCIDRs: ['fd00:1::/64', '10.244.2.0/25'] });
  for (const [title, given, expected] of [
    ['nothing is known', {}, 'none /?'],
    [
      "kubeadm's range comes first",
      { podSubnet: '10.1.0.0/16', flannel: { Network: '10.2.0.0/16' } },
      '10.1.0.0/16 /?',
    ],
    [
      "without it Flannel's counts",
      { podSubnet: '', flannel: { Network: '10.2.0.0/16', SubnetLen: 25 } },
      '10.2.0.0/16 /25',
    ],
    ['what is not a range counts as unknown', { podSubnet: '', flannel: { Network: 'junk' } }, 'none /?'],
    [
      'a node without a range is not counted',
      { podSubnet: '10.1.0.0/16', nodes: [node('a', undefined), node('b', { podCIDR: 'junk' })] },
      '10.1.0.0/16 /?',
    ],
    [
      'of two families, a node has the range of the pods',
      { podSubnet: '10.244.0.0/16,fd00::/48', nodes: [DUAL] },
      '10.244.0.0/16 /25 a=10.244.2.0/25',
    ],
    [
      'the same with IPv6 first',
      { podSubnet: 'fd00:1::/48,10.244.0.0/16', nodes: [DUAL] },
      'fd00:1::/48 /64 a=fd00:1::/64',
    ],
  ] as const)
    it(`the ranges of a cluster: ${title}`, async () => {
      assert.equal(await rangesOf(given), expected);
    });
});
