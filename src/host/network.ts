import { EdgeadmError } from '../errors/index.ts';
import type { Machine, Network, NetworkInterface, Route } from './machine.ts';

/** One script for all questions: a start costs a process as large as ours some milliseconds, and a host over SSH a channel. */
const SCRIPT = `for what in '-oneline link' '-oneline address' '-4 route' '-6 route'; do ip $what show; echo "exit $?"; done`;

/**
 * Interfaces, addresses and the main routing table, by iproute2 in the form that is the same from CentOS 7 to today
 * (its JSON output is younger).
 * @throws EdgeadmError COMMAND_FAILED
 */
export async function readNetwork(exec: Machine['exec']): Promise<Network> {
  const { stdout, stderr } = await exec('sh', ['-c', SCRIPT], { repeatable: true });
  const answers = [...stdout.matchAll(/([\s\S]*?)^exit (\d+)$\n?/gm)];
  const [links, addresses, ipv4, ipv6] = answers.map(([, text, code]) => (code === '0' ? text : undefined));
  if (links === undefined || addresses === undefined || ipv4 === undefined) {
    const why = stderr.trim().split('\n')[0] || 'ip (iproute2) printed nothing';
    throw new EdgeadmError({ code: 'COMMAND_FAILED', what: 'cannot read the network of the node', why });
  }
  return {
    interfaces: parseIpInterfaces(links, addresses),
    // A kernel without IPv6 refuses the question.
    routes: parseIpRoutes(ipv4, ipv6 ?? ''),
  };
}

/** Reads `ip -oneline link show` and `ip -oneline address show`. */
export function parseIpInterfaces(links: string, addresses: string): NetworkInterface[] {
  const byName = new Map<string, { name: string; up: boolean; addresses: string[] }>();
  for (const line of links.split('\n')) {
    const match = /^\d+:\s+([^\s@]+?)(?:@\S+)?:\s+<([^>]*)>/.exec(line);
    if (!match?.[1] || match[2] === undefined) continue;
    byName.set(match[1], { name: match[1], up: match[2].split(',').includes('UP'), addresses: [] });
  }
  const lasting: [name: string, address: string][] = [];
  const passing: [name: string, address: string][] = [];
  for (const line of addresses.split('\n')) {
    const match = /^\d+:\s+([^\s@]+)(?:@\S+)?\s+inet6?\s+(\S+)(?:\s+peer\s+(\S+))?/.exec(line);
    if (!match?.[1] || !match[2]) continue;
    // With a peer the prefix is behind the peer's address.
    const address = match[2].includes('/') ? match[2] : `${match[2]}/${match[3]?.split('/')[1] ?? '32'}`;
    // An address that the kernel changes every day, or has not confirmed, names the machine only if there is no other.
    const list = /\b(temporary|deprecated|tentative|dadfailed)\b/.test(line) ? passing : lasting;
    list.push([match[1], address]);
  }
  for (const [name, address] of [...lasting, ...passing]) byName.get(name)?.addresses.push(address);
  return [...byName.values()];
}

/** Reads `ip -4 route show` and `ip -6 route show` (main table). */
export function parseIpRoutes(ipv4: string, ipv6: string): Route[] {
  return [...parseRoutes(ipv4, '0.0.0.0/0', 32), ...parseRoutes(ipv6, '::/0', 128)];
}

const KINDS = /^(unicast|blackhole|unreachable|prohibit|throw|local|broadcast|anycast|multicast)$/;

function parseRoutes(text: string, everything: string, hostBits: number): Route[] {
  const routes: Route[] = [];
  let destination = '';
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const kind = KINDS.test(words[0] ?? '') ? words.shift() : 'unicast';
    const first = words[0];
    if (!first || kind === 'broadcast' || kind === 'multicast') continue;
    // The ways of a route that has several follow on lines of their own.
    if (first !== 'nexthop') {
      destination = first === 'default' ? everything : first.includes('/') ? first : `${first}/${hostBits}`;
      if (kind === 'unicast' && !words.includes('dev')) continue;
    }
    // The kernel keeps the default route of a cable that is out, and sends nothing over it; a network stays taken.
    if (destination === everything && (words.includes('linkdown') || words.includes('dead'))) continue;
    routes.push({ destination, ...detailsOf(words) });
  }
  return routes;
}

function detailsOf(words: readonly string[]): Omit<Route, 'destination'> {
  const after = (word: string): string | undefined => {
    const index = words.indexOf(word);
    return index === -1 ? undefined : words[index + 1];
  };
  // `via inet6 fe80::1`: an IPv4 route through an IPv6 neighbour.
  const gateway = after('via') === 'inet6' ? after('inet6') : after('via');
  return {
    interface: after('dev') ?? '',
    gateway,
    source: after('src'),
    metric: Number(after('metric') ?? 0),
  };
}
