import { randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import type { BundleStore } from '../../artifacts/bundle-store.ts';
import { refuseNodeName } from '../../config/grammar.ts';
import type { JoinSpec } from '../../config/spec.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import type { Journal } from '../../host/journal.ts';
import type { NetworkInterface } from '../../host/machine.ts';
import { findKubelet } from '../../kubernetes/kubelet-program.ts';
import { memoize } from '../../lib/memoize.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import type { Membership, NodeView } from './context.ts';

/** Where containerd listens unless told otherwise; dockershim is the kubelet's own. */
const DEFAULT_SOCKETS = { containerd: '/run/containerd/containerd.sock', docker: '/var/run/dockershim.sock' };

/** Keys under which the journal keeps what a join chose. */
export const CHOICES = { nodeName: 'nodeName', membership: 'membership' } as const;

export interface NodeViewParts {
  readonly spec: JoinSpec;
  readonly host: Host;
  readonly journal: Journal;
  readonly bundles: BundleStore;
  readonly log: PhaseLog;
  readonly signal: AbortSignal;
}

/** Resolves what the specification leaves to the node. */
export function nodeView({ spec, host, journal, bundles, log, signal }: NodeViewParts): NodeView {
  const bundle = memoize(async () =>
    spec.bundle === undefined
      ? undefined
      : bundles.open(spec.bundle, {
          sha256: spec.bundleSha256,
          arch: (await host.facts()).arch,
          kubernetesVersion: spec.kubernetesVersion,
          log,
          signal,
        }),
  );
  return {
    name: memoize(() => resolveName(spec, host, log)),
    address: memoize(() => resolveAddress(spec, host)),
    bundle,
    kubeletVersion: memoize(async () => {
      const manifest = (await bundle())?.manifest;
      if (manifest?.files.some((file) => file.kind === 'kubelet')) return manifest.kubernetesVersion;
      return installedKubelet(host);
    }),
    criSocket: async () => spec.criSocket ?? DEFAULT_SOCKETS[spec.runtime],
    edgeHub: async () => {
      if (spec.edgeHub === false) return undefined;
      const manifest = (await bundle())?.manifest;
      const image = spec.edgeHubImage ?? manifest?.edgeHubImage;
      return image ? { image, flavor: spec.edgeHubFlavor ?? manifest?.edgeHubFlavor ?? 'ack' } : undefined;
    },
    membership: async () => membershipOf(journal),
  };
}

function membershipOf(journal: Journal): Membership | undefined {
  if (journal.joined) return { caHash: journal.joined.cluster, nodeName: journal.joined.node, complete: true };
  const begun = journal.choice(CHOICES.membership);
  return begun ? { ...(JSON.parse(begun) as Omit<Membership, 'complete'>), complete: false } : undefined;
}

/** Version of the kubelet that the service will start. */
async function installedKubelet(host: Host): Promise<string | undefined> {
  const result = await host.query(await findKubelet(host), ['--version']);
  return /v\d+\.\d+\.\d+\S*/.exec(result.stdout)?.[0];
}

async function resolveName(spec: JoinSpec, host: Host, log: PhaseLog): Promise<string> {
  if (spec.nodeName.startsWith('*')) {
    return host.choose(CHOICES.nodeName, () => randomText(6) + spec.nodeName.slice(1));
  }
  if (spec.nodeName) return spec.nodeName;
  const { hostname } = await host.facts();
  const name = hostname.toLowerCase();
  const refusal = refuseNodeName(name);
  if (refusal) {
    throw new EdgeadmError({
      code: 'USAGE',
      what: 'the host name cannot be the node name',
      why: refusal,
      next: 'give a name with --node-name',
    });
  }
  if (name !== hostname) log.info(`The host name ${hostname} is lower-cased: the node is called ${name}.`);
  return name;
}

/** Letters that cannot be taken for one another, beginning with a letter. */
function randomText(length: number): string {
  const letters = 'bcdfghjklmnpqrstvwxz';
  const all = `${letters}2456789`;
  return Array.from({ length }, (_, i) =>
    i === 0 ? letters[randomInt(letters.length)] : all[randomInt(all.length)],
  ).join('');
}

async function resolveAddress(spec: JoinSpec, host: Host): Promise<{ ip: string; interface: string }> {
  const { interfaces, routes } = await host.network();
  if (spec.nodeIp) {
    const holder = interfaces.find((candidate) => addressesOf(candidate).includes(spec.nodeIp ?? ''));
    if (holder) return { ip: spec.nodeIp, interface: holder.name };
    throw noAddress(`no network interface has the address ${spec.nodeIp}`, interfaces);
  }
  if (spec.nodeIface) return onInterface(spec.nodeIface, interfaces);
  const fromHosts = await addressInHostsFile(host, interfaces);
  if (fromHosts) return fromHosts;
  const defaults = routes.filter((route) => route.destination === '0.0.0.0/0' || route.destination === '::/0');
  const [route] = defaults.sort((a, b) => a.metric - b.metric);
  if (!route)
    throw noAddress('there is no default route, and no other way to tell the address of the node', interfaces);
  const source = route.source;
  return source ? { ip: source, interface: route.interface } : onInterface(route.interface, interfaces);
}

function onInterface(name: string, interfaces: readonly NetworkInterface[]): { ip: string; interface: string } {
  const found = interfaces.find((candidate) => candidate.name === name);
  const addresses = found ? addressesOf(found) : [];
  const ip =
    addresses.find((address) => isIP(address) === 4) ?? addresses.find((address) => !address.startsWith('fe80'));
  if (ip) return { ip, interface: name };
  throw noAddress(`the network interface ${name} ${found ? 'has no address' : 'does not exist'}`, interfaces);
}

/** The host name's entry in /etc/hosts; loopback (127.0.1.1) and addresses of other machines do not count. */
async function addressInHostsFile(
  host: Host,
  interfaces: readonly NetworkInterface[],
): Promise<{ ip: string; interface: string } | undefined> {
  const { hostname } = await host.facts();
  const text = (await host.read('/etc/hosts')) ?? '';
  for (const line of text.split('\n')) {
    const [ip = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!names.includes(hostname) || ip.startsWith('127.') || ip === '::1') continue;
    const holder = interfaces.find((candidate) => addressesOf(candidate).includes(ip));
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
    what: 'the address of the node cannot be told',
    why: [what, ...interfaces.map(({ name, addresses }) => `${name}: ${addresses.join(', ')}`)].join('\n'),
    next: 'name the address or the interface: --node-ip ADDRESS or --node-iface NAME',
  });
}
