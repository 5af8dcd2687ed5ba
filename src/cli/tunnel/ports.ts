import { Args, Flags } from '@oclif/core';
import { EdgeadmError } from '../../errors/index.ts';
import { usageError } from '../../errors/usage.ts';
import { commandLine } from '../../host/quote.ts';
import { configMapChange } from '../../kubernetes/api/config-maps.ts';
import { table } from '../../output/table.ts';
import {
  addPorts,
  configuredPorts,
  portSupport,
  refuseAddedPorts,
  removePorts,
} from '../../phases/tunnel/config-ports.ts';
import { KUBELET_PORTS, type PortRequest, refusePorts, type TunnelPort } from '../../phases/tunnel/port-lists.ts';
import {
  addGatewayPorts,
  exposedGateway,
  type Gateway,
  gatewayPorts,
  NO_LOCALHOST,
  type Raven,
  refuseGatewayPorts,
  refuseRavenVersion,
  removeGatewayPorts,
} from '../../phases/tunnel/raven-ports.ts';
import type { Tunnel } from '../../phases/tunnel/tunnel.ts';
import type { Intended } from '../changes/change-command.ts';

export const portArgs = { port: Args.string({ required: true, description: 'ports of edge nodes' }) };

export const gatewayFlag = {
  gateway: Flags.string({ helpValue: 'NAME', description: 'gateway of Raven; default: the only one that is exposed' }),
};

/** The ports of a command line. @throws EdgeadmError USAGE */
export function portsOf(argv: readonly unknown[]): string[] {
  const words = argv.flatMap((word) => String(word).split(',')).filter(Boolean);
  const mistakes = refusePorts(words);
  if (mistakes.length > 0) throw usageError(mistakes);
  return [...new Set(words)];
}

/** What a tunnel forwards. */
export function forwardedPorts(tunnel: Tunnel): (TunnelPort & { readonly gateway?: string })[] {
  return tunnel.kind === 'raven'
    ? gatewayPorts(tunnel.gateways)
    : configuredPorts(tunnel.config?.data ?? {}, tunnel.names);
}

/** One line a port, and where it is set. */
export function portTable(tunnel: Tunnel): string {
  const rows = forwardedPorts(tunnel).map(({ port, protocol, localhost, setting, gateway }) => ({
    port,
    protocol: protocol ?? '-',
    localhost: localhost ? 'yes' : '',
    setting,
    ...(gateway && { gateway }),
  }));
  const source = tunnel.kind === 'raven' ? "Raven's gateways" : `kube-system/${tunnel.names.tunnelConfig}`;
  const missing = tunnel.kind === 'config' && !tunnel.config ? ', which does not exist: these are the defaults' : '';
  return `${table(rows) || 'No ports are forwarded.\n'}\nThe settings are in ${source}${missing}.\n`;
}

/** @throws EdgeadmError SETTING_REFUSED with every reason */
export function intendAdd(tunnel: Tunnel, request: PortRequest, gateway: string | undefined): Intended {
  const effect = effectOf(tunnel, request);
  if (tunnel.kind === 'raven') {
    const chosen = ravenGateway(tunnel, gateway);
    refuseAll(refuseGatewayPorts(tunnel, chosen, request));
    const undo = undoAdd(request, gatewayPorts([chosen]), gateway);
    return { changes: [addGatewayPorts(chosen, tunnel.path, request)], effect, undo };
  }
  refuseGateway(gateway);
  const { names, config, version } = tunnel;
  const data = config?.data ?? {};
  const support = portSupport(names, version);
  refuseAll(refuseAddedPorts(data, request, support, version));
  const added = addPorts(data, request, support, names) as Record<string, string | null>;
  const undo = undoAdd(request, configuredPorts(data, names), gateway);
  return { changes: [configMapChange(names.tunnelConfig, config, added)], effect, undo };
}

/** @throws EdgeadmError SETTING_REFUSED for the kubelet's ports */
export function intendRemove(
  tunnel: Tunnel,
  { ports, localhost }: Pick<PortRequest, 'ports' | 'localhost'>,
  gateway: string | undefined,
): Intended {
  const question = `Stop forwarding ${ports.join(', ')}${localhost ? ' of localhost' : ''}?`;
  const effect = ['Monitoring that reads these ports from the cloud stops.'];
  if (tunnel.kind === 'raven') {
    const chosen = ravenGateway(tunnel, gateway);
    refuseAll(localhost ? [NO_LOCALHOST] : []);
    const undo = undoRemove(ports, gatewayPorts([chosen]), gateway);
    const kubelet = ports.includes('10250') ? ['10250 is the port of the kubelet: kubectl logs and exec stop.'] : [];
    const changes = [removeGatewayPorts(chosen, tunnel.path, ports)];
    return { changes, effect: [...kubelet, ...effect], undo, question };
  }
  refuseGateway(gateway);
  const fixed = localhost ? tunnel.names.localhostPorts.map(String) : Object.keys(KUBELET_PORTS);
  refuseAll(ports.filter((port) => fixed.includes(port)).map((port) => `port ${port}: the tunnel always forwards it`));
  const { names, config } = tunnel;
  const undo = undoRemove(ports, forwardedPorts(tunnel), gateway);
  const data = removePorts(config?.data ?? {}, ports, names, localhost) as Record<string, string | null>;
  return { changes: config ? [configMapChange(names.tunnelConfig, config, data)] : [], effect, undo, question };
}

/** @throws EdgeadmError USAGE */
function refuseGateway(gateway: string | undefined): void {
  if (gateway !== undefined) throw usageError(["--gateway: this cluster's tunnel is not Raven and has no gateways"]);
}

/** @throws EdgeadmError SETTING_REFUSED, USAGE */
function ravenGateway(raven: Raven, gateway: string | undefined): Gateway {
  const refused = refuseRavenVersion(raven);
  refuseAll(refused ? [refused] : []);
  return exposedGateway(raven.gateways, gateway);
}

function refuseAll(reasons: readonly string[]): void {
  if (reasons.length === 0) return;
  throw new EdgeadmError({
    code: 'SETTING_REFUSED',
    what: 'the tunnel of this cluster does not support this setting',
    why: reasons.join('\n'),
  });
}

function effectOf(tunnel: Tunnel, { ports, https, localhost }: PortRequest): string[] {
  const scheme = https ? 'https' : 'http';
  const name =
    tunnel.kind === 'config' && tunnel.names.project === 'ack' && portSupport(tunnel.names, tunnel.version) !== 'all'
      ? 'NODE_IP'
      : 'NODE';
  const urls = ports.map((port) => `${scheme}://${localhost ? '127.0.0.1' : name}:${port}`).join(', ');
  if (tunnel.kind === 'raven' && !tunnel.modes.proxy)
    return ['kube-system/raven-cfg does not enable the proxy (enable-l7-proxy): until it does, no port is forwarded.'];
  return [
    `Clients in the cloud reach edge nodes at ${urls} through the tunnel.`,
    'The tunnel needs its load balancer and a connected node: without them, these ports cannot be reached.',
  ];
}

const gatewayWords = (gateway: string | undefined): string[] => (gateway === undefined ? [] : ['--gateway', gateway]);

function undoAdd(request: PortRequest, known: readonly TunnelPort[], gateway: string | undefined): string[] {
  const before = (port: string) => known.find((each) => each.port === port);
  const fresh = request.ports.filter((port) => !before(port)?.protocol);
  const local = request.ports.filter((port) => request.localhost && before(port)?.protocol && !before(port)?.localhost);
  const line = (ports: readonly string[], ...flags: string[]): string[] =>
    ports.length === 0
      ? []
      : [commandLine(['edgeadm', 'tunnel', 'ports', 'remove', ...ports, ...flags, ...gatewayWords(gateway)])];
  return [...line(fresh), ...line(local, '--localhost')];
}

function undoRemove(ports: readonly string[], known: readonly TunnelPort[], gateway: string | undefined): string[] {
  const gone = known.filter(({ port, protocol }) => protocol !== undefined && ports.includes(port));
  const groups = Map.groupBy(gone, ({ protocol, localhost }) =>
    [...(protocol === 'HTTPS' ? ['--https'] : []), ...(localhost ? ['--localhost'] : [])].join(' '),
  );
  return [...groups].map(([flags, group]) =>
    commandLine([
      ...['edgeadm', 'tunnel', 'ports', 'add', ...group.map(({ port }) => port)],
      ...flags.split(' ').filter(Boolean),
      ...gatewayWords(gateway),
    ]),
  );
}
