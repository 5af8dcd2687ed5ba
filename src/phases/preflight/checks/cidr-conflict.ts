import type { Route } from '../../../host/machine.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { isDefaultRange, overlaps } from '../../../lib/cidr.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { ownState } from '../own-state.ts';
import { parseNameServers } from '../resolv-conf.ts';

/** Interfaces that the network of a joined node makes: CNI bridge, Flannel, kube-proxy in IPVS mode, Calico, pods. */
const OWN_INTERFACE = /^(cni0|flannel[.\d]*|kube-ipvs0|cali\w+|tunl0|vxlan\.calico|veth\w+)$/;

export const cidrConflict: Check = {
  name: 'CIDRConflict',
  concerns: 'node',
  severity: 'error',
  about: "No route or name server of the node is in the cluster's Pod or Service CIDR.",
  remedy: 'Remove the route or change the name server. If an earlier cluster left the route: `ip link delete cni0`.',
  needs: ['CAHash', 'Token', 'ClusterConfiguration'],
  run: async (context) => {
    const networks = await context.cluster.networks();
    if (!networks) return skip('the cluster does not publish its CIDRs (no ConfigMap kubeadm-config)');
    const ranges = [
      ...networks.podCidrs.map((cidr) => ({ cidr, name: 'Pod CIDR' })),
      ...networks.serviceCidrs.map((cidr) => ({ cidr, name: 'Service CIDR' })),
    ];
    const used = [...(await foreignRoutes(context)), ...(await nameServers(context))];
    const conflicts = used.flatMap(({ range, what }) =>
      ranges
        .filter(({ cidr }) => overlaps(range, cidr))
        .map(({ cidr, name }) => `${what} overlaps with the ${name} ${cidr}`),
    );
    return conflicts.length === 0 ? pass(ranges.map(({ cidr }) => cidr).join(', ')) : fail(conflicts.join('\n'));
  },
};

interface Used {
  readonly range: string;
  readonly what: string;
}

async function foreignRoutes(context: CheckContext): Promise<Used[]> {
  const [{ routes }, { rerun }] = await Promise.all([context.host.network(), ownState(context)]);
  return routes
    .filter((route) => !isDefaultRange(route.destination) && !(rerun && OWN_INTERFACE.test(route.interface)))
    .map((route) => ({ range: route.destination, what: describeRoute(route) }));
}

function describeRoute({ destination, interface: name, gateway }: Route): string {
  return `the route ${destination}${gateway ? ` via ${gateway}` : ''}${name ? ` dev ${name}` : ''}`;
}

/** Those behind the stub of systemd-resolved too. */
async function nameServers({ host }: CheckContext): Promise<Used[]> {
  const files = [PATHS.system.resolvConf, PATHS.system.resolvedConf];
  const texts = await Promise.all(files.map((path) => host.read(path)));
  const addresses = new Set(texts.flatMap((text) => parseNameServers(text ?? '')));
  return [...addresses].map((address) => ({ range: address, what: `the name server ${address}` }));
}
