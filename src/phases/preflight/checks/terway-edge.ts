import type { NetworkInterface } from '../../../host/machine.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';

const CONTROL_PLANE = '/apis/apps/v1/namespaces/kube-system/deployments/terway-edge-controlplane';
/** Addresses, and so pods, of one ENI; the primary one has none for pods. Source: the vendor's page on Terway Edge. */
const PODS_PER_ENI = 25;

export const terwayEdge: Check = {
  name: 'TerwayEdge',
  concerns: 'node',
  severity: 'error',
  about:
    'If `allowedClusterAddons` names a Terway add-on: the node has at least one network interface besides the one with its address, `--max-pods` fits (25 pods for each of them), and the component `terway-edge-controlplane` is installed, as far as the token may read it.',
  remedy: 'Bind an ENI to the instance: `edgeadm eni bind --instance ID`; it stops and starts the instance.',
  run: async (context) => {
    const { spec, cluster } = context;
    if (!spec.allowedClusterAddons?.some((addon) => /^terway/.test(addon))) return skip('no Terway add-on is named');
    const status = await cluster.status(CONTROL_PLANE).catch(() => undefined);
    if (status === 404) {
      return fail('the cluster has no terway-edge-controlplane, which gives pods their addresses', {
        remedy: 'Install it: `edgeadm addon install terway-edge-controlplane --cluster-id ID`.',
      });
    }
    const names = (await secondaryInterfaces(context)).map(({ name }) => name);
    if (names.length === 0)
      return fail('the node has no network interface for pods: the primary ENI cannot be used for them');
    const room = names.length * PODS_PER_ENI;
    const found = `${names.join(', ')}: up to ${room} pods`;
    if (spec.maxPods === undefined || spec.maxPods <= room) return pass(found);
    return fail(`${found}, but --max-pods is ${spec.maxPods}`, {
      remedy: `Pass \`--max-pods ${room}\`, or bind more ENIs: \`edgeadm eni bind --instance ID\`.`,
    });
  },
};

/** Those with a device behind them: bridges, tunnels and the pods' ends have none. */
async function secondaryInterfaces({ host, node }: CheckContext): Promise<NetworkInterface[]> {
  const [{ interfaces }, primary] = await Promise.all([host.network(), node.address()]);
  const found: NetworkInterface[] = [];
  for (const each of interfaces)
    if (each.name !== primary.interface && (await host.stat(`/sys/class/net/${each.name}/device`))) found.push(each);
  return found;
}
