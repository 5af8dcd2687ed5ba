import { isIP } from 'node:net';
import { refuseNodeAddress } from '../../../config/grammar.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';

export const nodeAddress: Check = {
  name: 'NodeAddress',
  concerns: 'node',
  severity: 'error',
  about:
    'The kubelet accepts the address of the node: not a loopback, link-local, multicast or unspecified one. A warning if it has another address family than the Pod and Service CIDRs of the cluster.',
  remedy: 'Set the address: `--node-ip ADDRESS`.',
  needs: ['CAHash', 'Token', 'ClusterConfiguration'],
  run: async (context) => {
    const address = await context.node.address().catch(() => undefined);
    if (!address) return skip('NodeIface reports why the node has no address');
    const refusal = refuseNodeAddress(address.ip);
    if (refusal) return fail(refusal);
    const [only, ...more] = await familiesOf(context);
    if (only === undefined || more.length > 0 || isIP(address.ip) === only) return pass(address.ip);
    const other = await addressOf(context, address.interface, only);
    const remedy = other ? `Use the address of the other family: \`--node-ip ${other}\`.` : undefined;
    return fail(
      `${address.ip} is not an IPv${only} address, and the cluster has IPv${only} networks only: pods would not reach the node`,
      {
        severity: 'warning',
        remedy: remedy ?? `Give the node an IPv${only} address.`,
      },
    );
  },
};

async function familiesOf({ cluster }: CheckContext): Promise<number[]> {
  const networks = await cluster.networks();
  const cidrs = [...(networks?.podCidrs ?? []), ...(networks?.serviceCidrs ?? [])];
  return [...new Set(cidrs.map((cidr) => isIP(cidr.split('/')[0] ?? '')))].filter((family) => family !== 0);
}

/** One that a kubelet accepts, on that interface if it has one. */
async function addressOf({ host }: CheckContext, name: string, family: number): Promise<string | undefined> {
  const { interfaces } = await host.network();
  const sorted = interfaces.toSorted((a, b) => Number(b.name === name) - Number(a.name === name));
  const addresses = sorted.flatMap((each) => each.addresses.map((cidr) => cidr.split('/')[0] ?? ''));
  return addresses.find((address) => isIP(address) === family && !refuseNodeAddress(address));
}
