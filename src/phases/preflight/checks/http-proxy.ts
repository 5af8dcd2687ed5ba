import { isIP } from 'node:net';
import { PATHS } from '../../../host/node-paths.ts';
import { addressAt, covers, isCidr, isLoopback, sameHost } from '../../../lib/cidr.ts';
import { type Check, fail, pass } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { unitEnvironment } from '../unit-environment.ts';

export const httpProxy: Check = {
  name: 'HTTPProxy',
  concerns: 'node',
  severity: 'warning',
  about:
    "The kubelet and the container runtime do not ask a proxy for the cluster: if their services have HTTPS_PROXY, NO_PROXY has the API server (unless the kubelet asks an edge-hub) and the address of the API server in the Service CIDR, which network plug-ins such as Calico's ask.",
  remedy: 'Add the addresses to NO_PROXY of the unit: `systemctl edit UNIT`.',
  needs: ['CAHash', 'Token', 'ClusterConfiguration'],
  run: async (context) => {
    const findings = await Promise.all((await askedBy(context)).map((asked) => proxied(context, asked)));
    const found = findings.flatMap((finding) => finding ?? []);
    const [first] = found;
    if (!first) return pass();
    const { unit, hosts } = first;
    return fail(found.map(({ text }) => text).join('\n'), {
      remedy: `Add ${hosts.join(',')} to NO_PROXY: \`systemctl edit ${unit}\`, then \`systemctl restart ${unit}\`.`,
    });
  },
};

interface Asked {
  readonly unit: string;
  /** What it has to reach by itself. */
  readonly hosts: readonly string[];
}

/** With docker, the kubelet itself starts the plug-ins of the network. */
async function askedBy({ spec, node, cluster }: CheckContext): Promise<Asked[]> {
  const hub = await node.edgeHub();
  const servers = hub
    ? []
    : spec.apiServers.flatMap((server) => URL.parse(server)?.hostname.replace(/^\[|\]$/g, '') ?? []);
  const services = ((await cluster.networks())?.serviceCidrs ?? []).flatMap((cidr) => addressAt(cidr, 1) ?? []);
  if (spec.runtime === 'docker') return [{ unit: PATHS.kubelet.unit, hosts: [...servers, ...services] }];
  return [
    { unit: PATHS.kubelet.unit, hosts: servers },
    { unit: PATHS.containerd.unit, hosts: services },
  ];
}

async function proxied(
  { host }: CheckContext,
  { unit, hosts }: Asked,
): Promise<(Asked & { text: string }) | undefined> {
  const environment = await unitEnvironment(host, unit);
  const proxy = environment.get('HTTPS_PROXY') || environment.get('https_proxy');
  if (!proxy) return undefined;
  const exceptions = environment.get('NO_PROXY') || environment.get('no_proxy') || '';
  const through = hosts.filter((each) => !isException(each, exceptions));
  if (through.length === 0) return undefined;
  // Not the whole address: it may have a password.
  const name = URL.parse(proxy.includes('://') ? proxy : `http://${proxy}`)?.host ?? 'a proxy';
  return {
    unit,
    hosts: through,
    text: `${unit} asks the proxy ${name} for ${through.join(', ')}: NO_PROXY does not have it`,
  };
}

/** As golang.org/x/net/http/httpproxy reads NO_PROXY. */
function isException(host: string, exceptions: string): boolean {
  if (host === 'localhost' || isLoopback(host)) return true;
  return exceptions
    .toLowerCase()
    .split(',')
    .map((entry) => entry.trim())
    .some((entry) => matches(host.toLowerCase(), entry));
}

function matches(host: string, entry: string): boolean {
  if (entry === '*') return true;
  const isAddress = isIP(host) > 0;
  if (isCidr(entry)) return isAddress && covers(entry, host);
  const name = entry.replace(/:\d+$/, '');
  if (isAddress) return sameHost(name, host);
  const domain = name.replace(/^\*\./, '.');
  return (
    domain !== '' && (domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`))
  );
}
