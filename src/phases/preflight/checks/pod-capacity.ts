import { count } from '../../../lib/count.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import { flannelIsOff } from '../flannel.ts';

/** What a kubelet takes if nothing is set. */
const DEFAULT_PODS = 110;
/** kube-controller-manager's, for IPv4. */
const DEFAULT_MASK = 24;
/** The network's own address, its broadcast address and that of the bridge. */
const NOT_FOR_PODS = 3;

export const podsOfNode: Check = {
  name: 'PodCapacity',
  concerns: 'cluster',
  severity: 'warning',
  about:
    'The range of addresses that the cluster gives to each node (`node-cidr-mask-size`) has room for as many pods as the kubelet takes: `--max-pods`, else `maxPods` of the cluster. An error if `--max-pods` is given. Skipped if pods get their addresses from another network.',
  remedy: 'Pass `--max-pods N` with a number that fits; the range of a node is fixed when the cluster is created.',
  needs: ['CAHash', 'Token', 'ClusterConfiguration'],
  run: async ({ cluster, spec }) => {
    const needless = flannelIsOff(spec);
    if (needless) return skip(needless);
    const [networks, configuration] = await Promise.all([cluster.networks(), cluster.kubeletConfiguration()]);
    const ranges = (networks?.podCidrs ?? []).filter((cidr) => !cidr.includes(':'));
    if (!networks || ranges.length === 0) return skip('the cluster does not publish an IPv4 Pod CIDR');
    const mask = networks.nodeMask ?? DEFAULT_MASK;
    const room = 2 ** (32 - mask) - NOT_FOR_PODS;
    const pods = spec.maxPods ?? Number(configuration?.maxPods ?? DEFAULT_PODS);
    const source = spec.maxPods === undefined ? 'maxPods of the cluster' : '--max-pods';
    const found = `the kubelet takes ${count('pod', pods)} (${source}), and the range of each node (/${mask}) has ${room} addresses for pods`;
    if (pods <= room) return pass(found);
    return fail(`${found}: those without an address do not start`, {
      severity: spec.maxPods === undefined ? 'warning' : 'error',
    });
  },
};
