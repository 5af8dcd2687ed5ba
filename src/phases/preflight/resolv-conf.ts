import { PATHS } from '../../host/node-paths.ts';
import { isOwnMachine } from '../../lib/cidr.ts';
import type { ReadOnlyHost } from './read-only-host.ts';

/** Addresses of systemd-resolved's stub. See systemd-resolved.service(8). */
const STUBS = ['127.0.0.53', '127.0.0.54'];

/** A file of name servers. */
export interface ResolvConf {
  readonly path: string;
  readonly text: string;
}

/**
 * What the kubelet is given for pods: /etc/resolv.conf, unless servers on loopback addresses are all that it lists (or
 * systemd-resolved's stub is one of them), and systemd-resolved knows the real ones. undefined if there is none.
 */
export async function resolvConfForPods(host: Pick<ReadOnlyHost, 'read'>): Promise<ResolvConf | undefined> {
  const [path, behindStub] = [PATHS.system.resolvConf, PATHS.system.resolvedConf];
  const text = await host.read(path);
  if (text === undefined) return undefined;
  const servers = parseNameServers(text);
  const isLocal = servers.length > 0 && servers.every(isOwnMachine);
  if (!isLocal && !servers.some((server) => STUBS.includes(server))) return { path, text };
  const real = (await host.read(behindStub)) ?? '';
  const isKnown = parseNameServers(real).some((server) => !isOwnMachine(server));
  return isKnown ? { path: behindStub, text: real } : { path, text };
}

/** The C library reads three. */
const MAX_SERVERS = 64;

/**
 * The addresses of the `nameserver` lines, each once; an IPv6 zone (`fe80::1%eth0`) is left off. See resolv.conf(5).
 */
export function parseNameServers(text: string): string[] {
  const servers = new Set<string>();
  for (const [, address = ''] of text.matchAll(/^[ \t]*nameserver[ \t]+([^\s#;]+)/gm)) {
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
