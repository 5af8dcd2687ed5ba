import { isIP } from 'node:net';
import { z } from 'zod';
import type { BundleStore } from '../../artifacts/bundle-store.ts';
import { refuseNodeAddress } from '../../config/grammar.ts';
import type { JoinSpec } from '../../config/spec.ts';
import { edgeHubLayouts } from '../../edge-hub/edge-hub.ts';
import { modeIn } from '../../edge-hub/flags.ts';
import type { InstalledHub } from '../../edge-hub/releases.ts';
import { type HubService, readHubService } from '../../edge-hub/service.ts';
import { readWindowsHub, WINDOWS_HUB } from '../../edge-hub/windows-service.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { CHOICES } from '../../host/journal/choices.ts';
import type { JournalView } from '../../host/journal/record.ts';
import type { NetworkInterface, Route } from '../../host/machine.ts';
import { PATHS } from '../../host/node-paths.ts';
import { WINDOWS_PATHS } from '../../host/windows/paths.ts';
import { findKubelet, kubeletVersionOf } from '../../kubernetes/kubelet/program.ts';
import { imageIn } from '../../kubernetes/node-files.ts';
import { lenientYaml } from '../../lib/check-shape.ts';
import { isDefaultRange, sameAddress, sameHost } from '../../lib/cidr.ts';
import { memoize } from '../../lib/memoize.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import type { Membership, NodeView } from '../preflight/context.ts';
import { chooseNodeName } from './node-name.ts';
import { requestedHub } from './requested-hub.ts';
import { requestedWindowsHub } from './windows/requested-hub.ts';

/** Default sockets by platform; dockershim is part of the kubelet. */
const ON_LINUX = { containerd: PATHS.containerd.socket, docker: PATHS.docker.dockershim.configured };
const DEFAULT_SOCKETS = { linux: ON_LINUX, windows: WINDOWS_PATHS.sockets, other: ON_LINUX } as const;

/** Which hub a node is to have, by platform. */
const HUB_OF = { linux: requestedHub, windows: requestedWindowsHub, other: requestedHub } as const;

export interface NodeViewParts {
  readonly spec: JoinSpec;
  readonly host: Host;
  readonly journal: JournalView;
  readonly bundles: BundleStore;
  /** Where it was resolved before. */
  readonly name?: string;
  readonly log: PhaseLog;
  readonly signal: AbortSignal;
}

/** Resolves what the specification leaves to the node. */
export function nodeView({ spec, host, journal, bundles, name, log, signal }: NodeViewParts): NodeView {
  const bundle = memoize(async () => {
    if (spec.bundle === undefined) return undefined;
    const { arch, platform } = await host.facts();
    const { bundleSha256: sha256, kubernetesVersion } = spec;
    return bundles.open(spec.bundle, { sha256, arch, os: platform, kubernetesVersion, log, signal });
  });
  const address = memoize(() => resolveAddress(spec, host));
  return {
    name: memoize(async () => name ?? chooseNodeName(spec, host, log)),
    address,
    bundle,
    kubeletVersion: memoize(async () => {
      const manifest = (await bundle())?.manifest;
      if (manifest?.files.some((file) => file.kind === 'kubelet')) return manifest.kubernetesVersion;
      return kubeletVersionOf(host, await findKubelet(host));
    }),
    criSocket: async () => spec.criSocket ?? DEFAULT_SOCKETS[(await host.facts()).platform][spec.runtime],
    edgeHub: memoize(async () => {
      if (spec.edgeHub === false) return undefined;
      const installed = await installedHub(host, journal);
      return HUB_OF[(await host.facts()).platform]({ spec, host, bundle: (await bundle())?.manifest, installed });
    }),
    flannelAddress: async () => {
      if (spec.nodeIface) return (await address()).ip;
      if (!spec.flannelIface) return undefined;
      return onInterface(spec.flannelIface, (await host.network()).interfaces).ip;
    },
    installedHub: () => installedHub(host, journal),
    membership: async () => membershipOf(journal),
    journal,
  };
}

/** A note that cannot be read still says that a join has begun: of no cluster that could be joined again. */
const BEGUN = z.object({ caHash: z.string(), nodeName: z.string() });

/** What an earlier join left in the journal, undefined if there is none. */
export function membershipOf(journal: JournalView): Membership | undefined {
  const { joined } = journal;
  const nodePool = journal.choice(CHOICES.nodePool);
  if (joined) return { caHash: joined.cluster, nodeName: joined.node, nodePool, complete: true };
  const begun = journal.choice(CHOICES.membership);
  if (begun === undefined) return undefined;
  const { caHash, nodeName } = lenientYaml(begun, BEGUN) ?? { caHash: '', nodeName: '' };
  return { caHash, nodeName, nodePool, complete: false };
}

/** The edge-hub that an earlier join put on the node: a line that does not name one does not take it away. */
export async function installedHub(host: Host, journal: JournalView): Promise<InstalledHub | undefined> {
  for (const flavor of ['ack', 'openyurt'] as const) {
    for (const { manifestPath } of edgeHubLayouts(flavor)) {
      if (!journal.wrote(manifestPath)) continue;
      const text = await host.read(manifestPath);
      const image = imageIn(text);
      if (image) return { image, flavor, ...modeOf(wordsIn(text)) };
    }
  }
  const { version, flags } = await installedService(host, journal);
  return version === undefined ? undefined : { flavor: 'openyurt', hubVersion: version, ...modeOf(flags) };
}

async function installedService(host: Host, journal: JournalView): Promise<HubService> {
  if (journal.made('service', WINDOWS_HUB)) return readWindowsHub(await host.object('service', WINDOWS_HUB));
  return readHubService(journal.wrote(PATHS.edgeHub.dropIn) ? await host.read(PATHS.edgeHub.dropIn) : undefined);
}

function modeOf(words: readonly string[]): Pick<InstalledHub, 'mode'> {
  const mode = modeIn(words);
  return mode === 'token' ? {} : { mode };
}

function wordsIn(manifest: string | undefined): readonly string[] {
  return (manifest ?? '').split(/\s+/);
}

interface NodeAddress {
  readonly ip: string;
  readonly interface: string;
  /** Of the other family, if two were requested. */
  readonly second?: string;
}

async function resolveAddress(spec: JoinSpec, host: Host): Promise<NodeAddress> {
  const { interfaces, routes } = await host.network();
  if (spec.nodeIp) {
    const [first, second] = spec.nodeIp.split(',').map((ip) => onHolder(ip, interfaces));
    if (first) return { ...first, second: second?.ip };
  }
  if (spec.nodeIface) return onInterface(spec.nodeIface, interfaces);
  const fromHosts = await addressInHostsFile(host, interfaces);
  if (fromHosts) return fromHosts;
  return onDefaultRoute(routes, interfaces);
}

/**
 * The address that the kubelet would choose: of the best default route over an interface that has one, IPv4 before
 * IPv6. Source: kubernetes, apimachinery/pkg/util/net/interface.go.
 */
function onDefaultRoute(routes: readonly Route[], interfaces: readonly NetworkInterface[]): NodeAddress {
  const defaults = routes.filter(({ destination }) => isDefaultRange(destination));
  const byPreference = defaults.sort((a, b) => isIPv6Range(a) - isIPv6Range(b) || a.metric - b.metric);
  for (const route of byPreference) {
    if (route.source !== undefined && refuseNodeAddress(route.source) === undefined)
      return { ip: route.source, interface: route.interface };
    const ip = nodeAddressOf(interfaces.find(({ name }) => name === route.interface));
    if (ip) return { ip, interface: route.interface };
  }
  const devices = [...new Set(byPreference.map((route) => route.interface))];
  throw noAddress(
    devices.length === 0
      ? 'there is no default route that would determine the address of the node'
      : `no interface of a default route (${devices.join(', ')}) has an address that the kubelet accepts`,
    interfaces,
  );
}

function isIPv6Range({ destination }: Route): number {
  return destination.includes(':') ? 1 : 0;
}

function onHolder(ip: string, interfaces: readonly NetworkInterface[]): NodeAddress {
  const holder = interfaces.find((candidate) => addressesOf(candidate).some((address) => sameAddress(address, ip)));
  if (holder) return { ip, interface: holder.name };
  throw noAddress(`no network interface has the address ${ip}`, interfaces);
}

function onInterface(name: string, interfaces: readonly NetworkInterface[]): { ip: string; interface: string } {
  const found = interfaces.find((candidate) => candidate.name === name);
  const ip = nodeAddressOf(found);
  if (ip) return { ip, interface: name };
  throw noAddress(
    `the network interface ${name} ${found ? 'has no address that the kubelet accepts' : 'does not exist'}`,
    interfaces,
  );
}

function nodeAddressOf(candidate: NetworkInterface | undefined): string | undefined {
  const addresses = (candidate ? addressesOf(candidate) : []).filter((each) => refuseNodeAddress(each) === undefined);
  return addresses.find((address) => isIP(address) === 4) ?? addresses[0];
}

/** The host name's entry in /etc/hosts; loopback (127.0.1.1) and addresses of other machines do not count. */
async function addressInHostsFile(
  host: Host,
  interfaces: readonly NetworkInterface[],
): Promise<{ ip: string; interface: string } | undefined> {
  const { hostname } = await host.facts();
  const text = (await host.read(PATHS.system.hosts)) ?? '';
  for (const line of text.split('\n')) {
    const [ip = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const named = names.some((name) => sameHost(name, hostname));
    if (!named || refuseNodeAddress(ip) !== undefined) continue;
    const holder = interfaces.find((candidate) => addressesOf(candidate).some((address) => sameAddress(address, ip)));
    if (holder) return { ip, interface: holder.name };
  }
  return undefined;
}

function addressesOf(candidate: NetworkInterface): string[] {
  return candidate.addresses.map((cidr) => cidr.split('/')[0] ?? '');
}

function noAddress(what: string, interfaces: readonly NetworkInterface[]): EdgeadmError {
  return new EdgeadmError({
    code: 'PREFLIGHT_FAILED',
    what: 'cannot determine the address of the node',
    why: [what, ...interfaces.map(({ name, addresses }) => `${name}: ${addresses.join(', ')}`)].join('\n'),
    next: 'set the address or the interface: --node-ip ADDRESS or --node-iface NAME',
  });
}
