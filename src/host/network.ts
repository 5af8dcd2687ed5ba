import type { NetworkInterface, Route } from './machine.ts';

/** Reads `ip -oneline address show`, whose form is the same from CentOS 7 to today (JSON output is younger). */
export function parseIpAddresses(text: string): NetworkInterface[] {
  const interfaces = new Map<string, { name: string; up: boolean; addresses: string[] }>();
  for (const line of text.split('\n')) {
    const match = /^\d+:\s+(\S+?)(?:@\S+)?\s+inet6?\s+(\S+)(?:\s+peer\s+(\S+))?/.exec(line);
    if (!match?.[1] || !match[2]) continue;
    const entry = interfaces.get(match[1]) ?? { name: match[1], up: true, addresses: [] };
    entry.addresses.push(match[2].includes('/') ? match[2] : `${match[2]}/${match[3]?.split('/')[1] ?? '32'}`);
    interfaces.set(match[1], entry);
  }
  return [...interfaces.values()];
}

/** Reads `ip -4 route show` and `ip -6 route show` (main table). */
export function parseIpRoutes(ipv4: string, ipv6: string): Route[] {
  return [...parseRoutes(ipv4, '0.0.0.0/0', 32), ...parseRoutes(ipv6, '::/0', 128)];
}

function parseRoutes(text: string, everything: string, hostBits: number): Route[] {
  const routes: Route[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const kind = /^(unicast|blackhole|unreachable|prohibit|local|broadcast|anycast|multicast)$/.test(words[0] ?? '')
      ? words.shift()
      : 'unicast';
    const first = words[0];
    if (!first || kind === 'broadcast' || kind === 'multicast') continue;
    const after = (word: string): string | undefined =>
      words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
    routes.push({
      destination: first === 'default' ? everything : first.includes('/') ? first : `${first}/${hostBits}`,
      interface: after('dev') ?? '',
      gateway: after('via'),
      source: after('src'),
      metric: Number(after('metric') ?? 0),
    });
  }
  return routes;
}
