import { EdgeadmError } from '../../../errors/index.ts';
import type { Host } from '../../../host/host.ts';
import { canonicalAddress } from '../../../lib/cidr.ts';
import type { PhaseLog } from '../../../workflow/events.ts';
import { outputOfListIfAny } from './output-of-list.ts';

/** The link to which kube-proxy binds the address of every Service, in its IPVS mode. */
export const KUBE_PROXY_LINK = 'kube-ipvs0';

/**
 * kube-apiserver's default of --service-node-port-range. A service on another port may be a balancer of API servers,
 * which has the endpoints of the Service `kubernetes` (kubernetes/kubernetes#76267).
 */
const NODE_PORTS = { first: 30_000, last: 32_767 } as const;

/**
 * The virtual services of kube-proxy, as `ipvsadm` takes them (`-t 10.96.0.1:443`): those whose address is on
 * kube-proxy's own link, and those on a NodePort that forward to the endpoints of the former alone. All others belong
 * to other software, such as keepalived. kubeadm leaves them all and kube-proxy --cleanup removes them all. Those of
 * NodePorts come first: a removal that is run again knows them by the others alone.
 * @param saved output of `ipvsadm --save --numeric`
 * @param addresses of kube-proxy's link
 */
export function kubeProxyServices(saved: string, addresses: ReadonlySet<string>): string[] {
  const endpoints = new Map<string, string[]>();
  for (const [, verb, service = '', rest = ''] of saved.matchAll(/^-([Aa]) (-[tu] \S+|--sctp-service \S+)(.*)$/gm)) {
    const known = endpoints.get(service) ?? [];
    const endpoint = verb === 'a' ? / -r (\S+)/.exec(rest)?.[1] : undefined;
    endpoints.set(service, endpoint === undefined ? known : [...known, endpoint]);
  }
  const bound = new Set([...addresses].map(canonicalAddress));
  const isBound = (service: string): boolean => {
    const address = canonicalAddress(addressOf(service));
    return address !== undefined && bound.has(address);
  };
  const ours = new Set([...endpoints].flatMap(([service, own]) => (isBound(service) ? own : [])));
  const nodePorts = [...endpoints].filter(
    ([service, own]) =>
      !isBound(service) && isNodePort(service) && own.length > 0 && own.every((endpoint) => ours.has(endpoint)),
  );
  return [...nodePorts.map(([service]) => service), ...[...endpoints.keys()].filter(isBound)];
}

function isNodePort(service: string): boolean {
  const port = Number(/:(\d+)$/.exec(service)?.[1]);
  return port >= NODE_PORTS.first && port <= NODE_PORTS.last;
}

/** `-t [fd00::1]:443` and `-t 10.96.0.1:443` */
function addressOf(service: string): string {
  return /^\S+ \[?(.+?)\]?:\d+$/.exec(service)?.[1] ?? '';
}

/**
 * Removes kube-proxy's virtual services, which are the kernel's own and stay when its link goes, and its sets. To be
 * called before the link is deleted: its addresses tell whose service is whose.
 * @throws EdgeadmError COMMAND_FAILED if some of them stay
 */
export async function removeIpvs(host: Host, log: PhaseLog): Promise<void> {
  const left = await servicesOnHost(host, log);
  if (left.length > 0) {
    await host.run('ipvsadm', ['--restore'], { input: left.map((service) => `-D ${service}\n`).join('') });
    // ipvsadm answers for the last line alone.
    const still = host.wet ? await servicesOnHost(host, log) : [];
    if (still.length > 0)
      throw new EdgeadmError({
        code: 'COMMAND_FAILED',
        what: `${still.length} virtual services of kube-proxy could not be removed`,
        why: still.join('\n'),
      });
  }
  const sets = await outputOfListIfAny(host, log, 'ipset', ['list', '-name']);
  for (const set of sets.split('\n').filter((name) => name.startsWith('KUBE-'))) {
    await host.run('ipset', ['destroy', set]);
  }
}

async function servicesOnHost(host: Host, log: PhaseLog): Promise<string[]> {
  const saved = await outputOfListIfAny(host, log, 'ipvsadm', ['--save', '--numeric']);
  if (saved === '') return [];
  const shown = await outputOfListIfAny(host, log, 'ip', ['-oneline', 'address', 'show', 'dev', KUBE_PROXY_LINK]);
  const addresses = [...shown.matchAll(/ inet6? ([^\s/]+)/g)].map(([, address = '']) => address);
  return kubeProxyServices(saved, new Set(addresses));
}
