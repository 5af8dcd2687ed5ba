/** The C library reads three. */
const MAX_SERVERS = 64;

/**
 * The addresses of the `nameserver` lines, each once; an IPv6 zone (`fe80::1%eth0`) is left off. See resolv.conf(5).
 */
export function parseNameServers(text: string): string[] {
  const servers = new Set<string>();
  for (const [, address = ''] of text.matchAll(/^[^\S\n]*nameserver[^\S\n]+([^\s#;]+)/gm)) {
    servers.add(address.replace(/%.*$/, ''));
    if (servers.size === MAX_SERVERS) break;
  }
  return [...servers];
}

/** The search domains: those of the last `search` or `domain` line. See resolv.conf(5). */
export function parseSearchDomains(text: string): string[] {
  const lines = text.split('\n').filter((line) => /^\s*(search|domain)\s/.test(line));
  return lines.at(-1)?.trim().split(/\s+/).slice(1) ?? [];
}
