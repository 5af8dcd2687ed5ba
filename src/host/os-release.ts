import type { HostFacts } from './host-facts.ts';

/**
 * Reads /etc/os-release, and /etc/redhat-release if it says more: CentOS 7's os-release stops at "7". What a shell would
 * read is read, although the format has neither comments behind values nor `export`.
 * @see https://www.freedesktop.org/software/systemd/man/os-release.html
 */
export function parseOsRelease(osRelease: string, redhatRelease?: string): HostFacts['os'] {
  const value = new Map<string, string>();
  for (const line of osRelease.split('\n')) {
    const match = /^\s*(?:export\s+)?([A-Z0-9_]+)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(.*?))\s*(?:\s#.*)?$/.exec(line);
    if (match?.[1]) value.set(match[1], (match[2] ?? match[3] ?? match[4] ?? '').replace(/\\(.)/g, '$1'));
  }
  const exact = redhatRelease ? /release\s+(\d+(?:\.\d+)*)/.exec(redhatRelease)?.[1] : undefined;
  const version = value.get('VERSION_ID') ?? '';
  return {
    id: value.get('ID') ?? 'linux',
    name: value.get('NAME') ?? 'Linux',
    version: exact?.startsWith(version) ? minorOf(exact) : version,
    pretty: value.get('PRETTY_NAME') ?? value.get('NAME') ?? 'Linux',
  };
}

/** `7.6.1810` is 7.6 for everybody. */
function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
