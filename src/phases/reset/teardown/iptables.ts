import type { Host } from '../../../host/host.ts';
import { waitFor } from '../../../lib/wait-for.ts';
import type { PhaseLog } from '../../../workflow/events.ts';
import { outputOfList } from './output-of-list.ts';

/** What tells the rules of Kubernetes from those of others. */
export interface RuleOwner {
  /** Names of the CNI networks of the cluster, as their rules carry them in a comment. */
  readonly cniNetworks: readonly string[];
  /** FLANNEL_NETWORK of /run/flannel/subnet.env: older Flannels mark their rules with nothing else. */
  readonly flannelNetwork?: string;
}

const KUBERNETES_CHAINS = /^(KUBE|FLANNEL)-/;
const CNI_CHAINS = /^CNI-/;
/** kube-proxy and kubelet mark with chains; these mark with a comment. */
const MARKED = /--comment "(flanneld (masq|forward)|NodeLocal DNS Cache: [^"]*|for (container|host) access hub agent)"/;
/** Comments are other people's text: whatever is looked for elsewhere in a rule may be in them, too. */
const QUOTED = /"(?:\\.|[^"\\])*"/g;
/**
 * edge-hub's rules for its proxy: not tracked, and let through.
 * (openyurt v0.5.0, pkg/yurthub/network/iptables.go; iptables-save writes NOTRACK in either way)
 */
const HUB_PEER = /-[sd] (127\.0\.0\.1|169\.254\.2\.1)\/32/;
const HUB_PORT = /--[sd]port (10261|10268)\b/;
const HUB_VERDICT = /-j (NOTRACK|CT --notrack|ACCEPT)$/;

interface Table {
  readonly name: string;
  readonly chains: string[];
  readonly rules: string[];
}

/**
 * What iptables-restore --noflush has to be given so that the rules and chains of Kubernetes, its CNI plug-ins and
 * edge-hub go and every other rule stays untouched, in one step for each table.
 * @param saved output of iptables-save
 * @returns an empty text if there is nothing to remove
 */
export function deletionOf(saved: string, owner: RuleOwner): string {
  const tables = parseTables(saved);
  const isOurs = chainTest(tables, owner);
  return tables.map((table) => removalInTable(table, isOurs, owner)).join('');
}

function removalInTable({ name, chains, rules }: Table, isOurs: (chain: string) => boolean, owner: RuleOwner): string {
  const ours = chains.filter(isOurs);
  const stray = rules.filter((rule) => {
    const bare = rule.replace(QUOTED, '""');
    if (isOurs(chainOf(bare))) return false;
    return isOurs(jumpOf(bare)) || MARKED.test(rule) || isHubRule(bare) || isFlannelRule(bare, owner);
  });
  if (ours.length === 0 && stray.length === 0) return '';
  const lines = [
    `*${name}`,
    ...stray.map((rule) => rule.replace('-A ', '-D ')),
    ...ours.map((chain) => `-F ${chain}`),
    ...ours.map((chain) => `-X ${chain}`),
    'COMMIT',
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * The chains that are ours. Podman and nerdctl use the CNI plug-ins too, and some chains are shared: as soon as a rule
 * names a network that is not the cluster's, all chains of CNI stay.
 */
function chainTest(tables: readonly Table[], { cniNetworks }: RuleOwner): (chain: string) => boolean {
  const networks = tables.flatMap(({ rules }) =>
    rules.flatMap((rule) => /name: \\"([^"\\]*)\\"/.exec(rule)?.[1] ?? []),
  );
  const shared = networks.some((network) => !cniNetworks.includes(network));
  return (chain) => KUBERNETES_CHAINS.test(chain) || (!shared && CNI_CHAINS.test(chain));
}

function isHubRule(rule: string): boolean {
  return HUB_PEER.test(rule) && HUB_PORT.test(rule) && HUB_VERDICT.test(rule);
}

function isFlannelRule(rule: string, { flannelNetwork }: RuleOwner): boolean {
  if (!flannelNetwork || !/^-A (POSTROUTING|FORWARD) /.test(rule) || / -[io] /.test(rule)) return false;
  return rule.includes(` ${flannelNetwork} `) && /-j (RETURN|ACCEPT|MASQUERADE( --random-fully)?)$/.test(rule);
}

function chainOf(rule: string): string {
  return rule.split(' ')[1] ?? '';
}

function jumpOf(rule: string): string {
  return / -[jg] (\S+)/.exec(rule)?.[1] ?? '';
}

function parseTables(saved: string): Table[] {
  const tables: Table[] = [];
  for (const line of saved.split('\n')) {
    const table = tables.at(-1);
    if (line.startsWith('*')) tables.push({ name: line.slice(1), chains: [], rules: [] });
    else if (line.startsWith(':')) table?.chains.push(line.slice(1).split(' ')[0] ?? '');
    else if (line.startsWith('-A ')) table?.rules.push(line);
  }
  return tables;
}

/**
 * Removes the rules of Kubernetes for IPv4 and IPv6. Where both of iptables' back ends are installed both are looked
 * through: kube-proxy brings an iptables of its own and may have used the other one.
 */
export async function removeIptablesRules(host: Host, log: PhaseLog, owner: RuleOwner): Promise<void> {
  for (const family of ['iptables', 'ip6tables']) {
    const backEnds = await Promise.all([`${family}-nft`, `${family}-legacy`].map((name) => save(host, name)));
    if (!backEnds.some((backEnd) => backEnd.saved !== undefined)) backEnds.push(await save(host, family));
    for (const { name, saved } of backEnds)
      if (saved !== undefined) await restore(host, name, deletionOf(saved, owner));
    const failures = backEnds.flatMap(({ failure }) => failure ?? []);
    if (failures.length > 0 && backEnds.every(({ saved }) => saved === undefined))
      log.warning(`Rules of ${family} could not be read and are left on the machine: ${failures.join('; ')}`);
  }
}

interface BackEnd {
  readonly name: string;
  /** undefined if it is not installed or fails, as on a kernel without it. */
  readonly saved?: string;
  readonly failure?: string;
}

async function save(host: Host, name: string): Promise<BackEnd> {
  return outputOfList(host, `${name}-save`, []).then(
    (saved) => ({ name, saved: saved === '' ? undefined : saved }),
    (error: Error) => ({ name, failure: error.message }),
  );
}

/** Another program may hold the lock of iptables for a moment; `--wait` is younger than CentOS 7. */
async function restore(host: Host, name: string, input: string): Promise<void> {
  if (input === '') return;
  await waitFor({
    what: `${name}-restore`,
    probe: async () => ({ done: await host.run(`${name}-restore`, ['--noflush'], { input }) }),
    timeoutMs: 5000,
    code: 'COMMAND_FAILED',
  });
}
