import { isFaultOfFile } from '../../../host/failures.ts';
import type { Route } from '../../../host/machine.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { isDefaultRange, overlaps } from '../../../lib/cidr.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { ownState } from '../own-state.ts';
import { parseNameServers } from '../resolv-conf.ts';

/**
 * Interfaces that the network of a joined node makes: CNI bridge, Flannel, kube-proxy in IPVS mode, the DNS of the node,
 * Calico, pods.
 */
const OWN_INTERFACE = /^(cni0|flannel[.\d]*|kube-ipvs0|nodelocaldns|cali\w+|tunl0|vxlan\.calico|veth\w+)$/;

/** What to do about a range that an interface has, by who makes interfaces of such a name. */
const REMEDIES: readonly (readonly [RegExp, (name: string) => string])[] = [
  // The kernel's own: it cannot be deleted.
  [/^tunl0$/, () => 'An earlier cluster left the addresses of tunl0: `ip address flush dev tunl0`.'],
  [OWN_INTERFACE, (name) => `An earlier cluster left ${name}: \`ip link delete ${name}\`.`],
  [/^docker0$/, () => `Give Docker another range: \`"bip"\` in ${PATHS.docker.configuration}, then restart it.`],
  [
    /^br-[0-9a-f]{12}$/,
    () =>
      `Give Docker other ranges: \`"default-address-pools"\` in ${PATHS.docker.configuration}, and make that network again (\`docker network ls\`).`,
  ],
  [/^virbr\d+$/, () => 'Give that network of libvirt another range: `virsh net-list`, `virsh net-edit NAME`.'],
  [/^(tun|tap|wg|ppp|tailscale|zt)\w*$/, (name) => `Let the VPN on ${name} leave out that range.`],
];
const REMOVE_ROUTE =
  'Remove the route where it is configured (`ip route` shows it), or build the cluster with other ranges.';

export const cidrConflict: Check = {
  name: 'CIDRConflict',
  concerns: 'node',
  severity: 'error',
  about: "No route, address or name server of the node is in the cluster's Pod or Service CIDR.",
  remedy: REMOVE_ROUTE,
  needs: ['CAHash', 'Token', 'ClusterConfiguration'],
  run: async (context) => {
    const networks = await context.cluster.networks();
    if (!networks) return skip('the cluster does not publish its CIDRs (no ConfigMap kubeadm-config)');
    const ranges = [
      ...networks.podCidrs.map((cidr) => ({ cidr, name: 'Pod CIDR' })),
      ...networks.serviceCidrs.map((cidr) => ({ cidr, name: 'Service CIDR' })),
    ];
    const used = [...(await foreignRanges(context)), ...(await nameServers(context))];
    const conflicts = used.flatMap(({ range, what, remedy }) =>
      ranges
        .filter(({ cidr }) => overlaps(range, cidr))
        .map(({ cidr, name }) => ({ text: `${what} overlaps with the ${name} ${cidr}`, remedy })),
    );
    if (conflicts.length === 0) return pass(ranges.map(({ cidr }) => cidr).join(', '));
    const remedies = new Set(conflicts.map(({ remedy }) => remedy));
    return fail(conflicts.map(({ text }) => text).join('\n'), { remedy: [...remedies].join(' ') });
  },
};

interface Used {
  readonly range: string;
  readonly what: string;
  readonly remedy: string;
}

/** An address counts by itself: kube-proxy's interface has addresses of Services, and no routes. */
async function foreignRanges(context: CheckContext): Promise<Used[]> {
  const [{ routes, interfaces }, { rerun }] = await Promise.all([context.host.network(), ownState(context)]);
  const isForeign = (name: string): boolean => !(rerun && OWN_INTERFACE.test(name));
  const used = routes
    .filter((route) => !isDefaultRange(route.destination) && isForeign(route.interface))
    .map((route) => ({ range: route.destination, what: describeRoute(route), remedy: remedyFor(route.interface) }));
  for (const { name, addresses } of interfaces.filter((each) => isForeign(each.name)))
    for (const address of addresses.map((each) => each.replace(/\/.*$/, '')))
      if (!used.some(({ range }) => overlaps(range, address)))
        used.push({ range: address, what: `the address ${address} of ${name}`, remedy: remedyFor(name) });
  return used;
}

function remedyFor(name: string): string {
  return REMEDIES.find(([pattern]) => pattern.test(name))?.[1](name) ?? REMOVE_ROUTE;
}

function describeRoute({ destination, interface: name, gateway }: Route): string {
  return `the route ${destination}${gateway ? ` via ${gateway}` : ''}${name ? ` dev ${name}` : ''}`;
}

/** Those behind the stub of systemd-resolved too. */
async function nameServers({ host }: CheckContext): Promise<Used[]> {
  const files = [PATHS.system.resolvConf, PATHS.system.resolvedConf];
  const texts = await Promise.all(files.map((path) => host.read(path).catch(leaveToNameserver)));
  const addresses = new Set(texts.flatMap((text) => parseNameServers(text ?? '')));
  const remedy = 'Use a name server with an address outside of the cluster.';
  return [...addresses].map((address) => ({ range: address, what: `the name server ${address}`, remedy }));
}

/** It says what is wrong with a file. @throws what is not a fault of a file, or if only root may read it */
function leaveToNameserver(error: unknown): undefined {
  if (!isFaultOfFile(error)) throw error;
}
