import { z } from 'zod';
import type { Host } from '../../../host/host.ts';
import { CHOICES, type ChoiceKey } from '../../../host/journal/choices.ts';
import { kubernetesNames } from '../../../host/kubernetes-names.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { readIfFile } from '../../../host/read-if-file.ts';
import { lenientYaml } from '../../../lib/check-shape.ts';
import type { PhaseLog } from '../../../workflow/events.ts';
import { removeIptablesRules } from './iptables.ts';
import { KUBE_PROXY_LINK, removeIpvs } from './ipvs.ts';
import { outputOfListIfAny } from './output-of-list.ts';

/** Links that the cluster's add-ons make. */
const LINKS: readonly string[] = [
  'cni0',
  'flannel.1',
  'flannel-v6.1',
  'edge-hub-dummy0',
  'yurthub-dummy0',
  'hub-dummy0',
  'nodelocaldns',
  KUBE_PROXY_LINK,
];
/** If the kernel has no dummy links, a hub puts its address on `lo`. */
const HUB_ADDRESS = '169.254.2.1/32';
/** Flannel's and kubenet's own, if its configuration is gone already. */
const ATTACHED = z.object({ networkName: z.string() });
const NETWORK = z.object({ name: z.string() });
const DEFAULT_CNI_NETWORKS = ['cbr0', 'kubenet'];

/** Notes which links exist before a join, so that a reset leaves them alone; see {@link removeNetwork}. */
export async function recordLinksBeforeJoin(host: Host): Promise<readonly string[]> {
  const there = await links(host);
  return parseLinks(await host.choose(CHOICES.linksBefore, () => JSON.stringify(there)));
}

/** The links that {@link recordLinksBeforeJoin} noted, out of the journal's choices. */
export function linksBeforeJoin(choice: (key: ChoiceKey) => string | undefined): readonly string[] {
  return parseLinks(choice(CHOICES.linksBefore) ?? '[]');
}

/**
 * Takes away links, network rules and IPVS services that Kubernetes left. Pods must be gone, and the CNI configuration
 * still be there: it tells whose rules are whose.
 * @param keep links that were there before the node was joined
 * @param network the configuration of CNI that gave pods their network, if it has none of the usual names
 */
export async function removeNetwork(
  host: Host,
  log: PhaseLog,
  keep: readonly string[] = [],
  network?: string,
): Promise<void> {
  if (!host.runsPrograms) return;
  const there = await links(host);
  const ours = LINKS.filter((link) => there.includes(link) && !keep.includes(link));
  await removeIptablesRules(host, log, {
    cniNetworks: await cniNetworks(host, network),
    flannelNetwork: /^FLANNEL_NETWORK=(\S+)/m.exec((await readIfFile(host, PATHS.flannel.subnet)) ?? '')?.[1],
  });
  await removeNftTables(host, log);
  if (ours.includes(KUBE_PROXY_LINK)) await removeIpvs(host, log);
  if (ours.includes('cni0')) ours.unshift(...(await host.list('/sys/class/net/cni0/brif')).filter(isVeth));
  for (const link of ours) await host.run('ip', ['link', 'delete', link]);
  await removeHubAddress(host, log);
}

/**
 * Removes the network namespaces of pods that a runtime could not take away. One in which a process lives belongs to
 * other software (podman), and so does one that is attached to a network that is not the cluster's.
 * @param network as of {@link removeNetwork}
 */
export async function removeIdleNamespaces(host: Host, network?: string): Promise<void> {
  const names = (await host.list(PATHS.pods.networkNamespaces)).filter((name) => name.startsWith('cni-'));
  const foreign = names.length > 0 ? await foreignNamespaces(host, network) : new Set();
  for (const name of names) {
    if (foreign.has(name)) continue;
    const inhabitants = await host.query('ip', ['netns', 'pids', name]);
    // Without an answer it may be in use.
    if (inhabitants.exitCode === 0 && inhabitants.stdout.trim() === '') await host.run('ip', ['netns', 'delete', name]);
  }
}

/** libcni keeps, of each attachment, its network and the namespace that a link was put into. */
async function foreignNamespaces(host: Host, network?: string): Promise<Set<string>> {
  const [files, ours] = await Promise.all([host.list(PATHS.cni.attachments), cniNetworks(host, network)]);
  const texts = await Promise.all(files.map((file) => readIfFile(host, `${PATHS.cni.attachments}/${file}`)));
  const foreign = texts.filter((text) => {
    const networkName = lenientYaml(text, ATTACHED)?.networkName;
    return networkName !== undefined && !ours.includes(networkName);
  });
  return new Set(foreign.flatMap((text) => text?.match(/cni-[0-9a-f-]{36}/g) ?? []));
}

function links(host: Host): Promise<string[]> {
  return host.list('/sys/class/net');
}

function parseLinks(json: string): readonly string[] {
  return lenientYaml(json, z.array(z.string())) ?? [];
}

function isVeth(link: string): boolean {
  return link.startsWith('veth');
}

/** Of the configurations that a reset takes for the cluster's: a file that it keeps has rules and namespaces to keep, too. */
async function cniNetworks(host: Host, network?: string): Promise<string[]> {
  const files = await host.list(PATHS.cni.configurations);
  const ours = kubernetesNames(PATHS.cni.configurations);
  const names = await Promise.all(
    files
      .filter((file) => /\.conf(list)?$/.test(file) && (ours.test(file) || file === network))
      .map(async (file) => lenientYaml(await readIfFile(host, `${PATHS.cni.configurations}/${file}`), NETWORK)?.name),
  );
  return [...DEFAULT_CNI_NETWORKS, ...names.filter((name) => name !== undefined)];
}

/** kube-proxy's since 1.29, in its nftables mode. */
async function removeNftTables(host: Host, log: PhaseLog): Promise<void> {
  const tables = await outputOfListIfAny(host, log, 'nft', ['list', 'tables']);
  for (const [, family] of tables.matchAll(/^table (ip6?) kube-proxy$/gm)) {
    await host.run('nft', ['delete', 'table', family ?? '', 'kube-proxy']);
  }
}

async function removeHubAddress(host: Host, log: PhaseLog): Promise<void> {
  const addresses = await outputOfListIfAny(host, log, 'ip', ['-oneline', 'address', 'show', 'dev', 'lo']);
  if (addresses.includes(` ${HUB_ADDRESS} `)) await host.run('ip', ['address', 'delete', HUB_ADDRESS, 'dev', 'lo']);
}
