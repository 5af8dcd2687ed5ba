/** The addresses of the `nameserver` lines; an IPv6 zone (`fe80::1%eth0`) is left off. See resolv.conf(5). */
export function parseNameServers(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*nameserver\s+([^\s#;]+)/.exec(line);
    return match?.[1] ? [match[1].replace(/%.*$/, '')] : [];
  });
}

/** The search domains: those of the last `search` or `domain` line. See resolv.conf(5). */
export function parseSearchDomains(text: string): string[] {
  const lines = text.split('\n').filter((line) => /^\s*(search|domain)\s/.test(line));
  return lines.at(-1)?.trim().split(/\s+/).slice(1) ?? [];
}
