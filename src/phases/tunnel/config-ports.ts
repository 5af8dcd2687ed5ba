import { compareClusterVersions } from '../../compat/cluster-version.ts';
import type { EdgeNames } from '../../kubernetes/edge-names.ts';
import { KUBELET_PORTS, listed, type PortRequest, type TunnelPort, withoutParts, withParts } from './port-lists.ts';

/** Keys of the tunnel's ConfigMap. Sources: the guide, chapter 8.2; OpenYurt v1.2.0, pkg/yurttunnel/util/util.go. */
const KEYS = {
  http: 'http-proxy-ports',
  https: 'https-proxy-ports',
  localhost: 'localhost-proxy-ports',
  pairs: 'dnat-ports-pair',
} as const;

/** Where the server listens for HTTP: what a pair of `dnat-ports-pair` ends with. */
const HTTP_LISTENER = '10264';

type Data = Readonly<Record<string, string | undefined>>;

/** What the tunnel of a cluster can forward besides the kubelet's ports: nothing, HTTP in pairs, or all. */
export type PortSupport = 'none' | 'pairs' | 'all';

/** OpenYurt's tunnel has had all keys since 0.5. @param version of the cluster */
export function portSupport({ project }: EdgeNames, version: string): PortSupport {
  if (project === 'openyurt' || compareClusterVersions(version, '1.20.11-aliyunedge.1') >= 0) return 'all';
  return compareClusterVersions(version, '1.18.8-aliyunedge.1') >= 0 ? 'pairs' : 'none';
}

/** All ports that are forwarded, by number. */
export function configuredPorts(data: Data, names: EdgeNames): TunnelPort[] {
  const local = localhostPorts(data, names);
  const ports = new Map<string, TunnelPort>();
  const put = (port: string, protocol: TunnelPort['protocol'], setting: string): void => {
    if (!ports.has(port)) ports.set(port, { port, protocol, localhost: local.includes(port), setting });
  };
  for (const [port, protocol] of Object.entries(KUBELET_PORTS)) put(port, protocol, 'built in');
  // The server reads HTTPS last, so that it wins.
  for (const port of listed(data[KEYS.https])) put(port, 'HTTPS', KEYS.https);
  for (const port of listed(data[KEYS.http])) put(port, 'HTTP', KEYS.http);
  for (const port of pairedPorts(data)) put(port, 'HTTP', KEYS.pairs);
  for (const port of local) put(port, undefined, data[KEYS.localhost] ? KEYS.localhost : `${KEYS.localhost} (default)`);
  return [...ports.values()].sort((a, b) => Number(a.port) - Number(b.port));
}

function pairedPorts(data: Data): string[] {
  return listed(data[KEYS.pairs]).flatMap((pair) => {
    const [port = '', target] = pair.split('=').map((part) => part.trim());
    return target === HTTP_LISTENER ? [port] : [];
  });
}

function localhostPorts(data: Data, { localhostPorts: usual }: EdgeNames): string[] {
  const own = listed(data[KEYS.localhost]);
  return own.length > 0 ? own : usual.map(String);
}

/** Why ports cannot be added, one line a reason. */
export function refuseAddedPorts(data: Data, request: PortRequest, support: PortSupport, version: string): string[] {
  const { ports, https, localhost } = request;
  if (support === 'none')
    return [`the cluster is ${version}: the tunnel forwards other ports from 1.18.8-aliyunedge.1 on`];
  const old = (what: string): string => `the cluster is ${version}: ${what} from 1.20.11-aliyunedge.1 on`;
  const other = https ? [...listed(data[KEYS.http]), ...pairedPorts(data)] : listed(data[KEYS.https]);
  return [
    ...(support === 'pairs' && https ? [old('HTTPS ports are forwarded')] : []),
    ...(support === 'pairs' && localhost ? [old('ports of localhost are forwarded')] : []),
    ...ports
      .filter((port) => other.includes(port))
      .map((port) => `port ${port} is forwarded as ${https ? 'HTTP' : 'HTTPS'} already; it cannot be both`),
  ];
}

/** The keys to change, as a merge patch of `data`; null removes a key. */
export function addPorts(data: Data, request: PortRequest, support: PortSupport, names: EdgeNames): Data {
  const { https, localhost } = request;
  const ports = request.ports.filter((port) => !(port in KUBELET_PORTS));
  const paired = pairedPorts(data);
  const unpaired = ports.filter((port) => https || !paired.includes(port));
  const key = https ? KEYS.https : KEYS.http;
  const changed: Record<string, string | undefined> =
    support === 'pairs'
      ? {
          [KEYS.pairs]: withParts(
            data[KEYS.pairs],
            unpaired.map((port) => `${port}=${HTTP_LISTENER}`),
          ),
        }
      : { [key]: withParts(data[key], unpaired) };
  // A list of one's own replaces the usual one: what it has must stay.
  if (localhost) {
    const before = listed(data[KEYS.localhost]).length > 0 ? data[KEYS.localhost] : names.localhostPorts.join(', ');
    const text = withParts(before, request.ports);
    if (text !== before) changed[KEYS.localhost] = text;
  }
  return onlyChanges(data, changed);
}

/**
 * The keys to change, as for {@link addPorts}. The usual ports of localhost stay.
 * @param ofLocalhost true to stop forwarding requests for localhost only
 */
export function removePorts(data: Data, ports: readonly string[], names: EdgeNames, ofLocalhost: boolean): Data {
  const isGone = (part: string): boolean => ports.includes(part.split('=')[0]?.trim() ?? '');
  const isUsual = (port: string): boolean => names.localhostPorts.map(String).includes(port);
  const keys = ofLocalhost ? [] : [KEYS.http, KEYS.https, KEYS.pairs];
  return onlyChanges(data, {
    ...Object.fromEntries(keys.map((key) => [key, withoutParts(data[key], isGone)])),
    [KEYS.localhost]: withoutParts(data[KEYS.localhost], (port) => isGone(port) && !isUsual(port)),
  });
}

function onlyChanges(data: Data, changed: Data): Data {
  return Object.fromEntries(
    Object.entries(changed)
      .filter(([key, text]) => text !== data[key])
      .map(([key, text]) => [key, text ?? (null as unknown as undefined)]),
  );
}
