import { posix } from 'node:path';
import type { Host } from './host.ts';
import { PATHS } from './node-paths.ts';

/** A kernel parameter as it will be after the next boot, and the file that sets it. */
export interface BootSysctl {
  readonly value: string;
  readonly file: string;
}

/**
 * What systemd-sysctl, and ufw after it, will set at the next boot, by key with dots. /etc/sysctl.conf counts if a distribution links
 * 99-sysctl.conf to it. Of two files with one name that in the folder named first counts; all are read in the order of
 * their names. See sysctl.d(5).
 */
export async function bootSysctls(host: Pick<Host, 'list' | 'read'>): Promise<Map<string, BootSysctl>> {
  const listings = await Promise.all(PATHS.system.sysctlFolders.map((folder) => host.list(folder)));
  const files = new Map<string, string>();
  listings.forEach((names, i) => {
    for (const name of names)
      if (name.endsWith('.conf') && !files.has(name))
        files.set(name, posix.join(PATHS.system.sysctlFolders[i] ?? '', name));
  });
  const ordered = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  const ufw = await sysctlsOfUfw(host);
  if (ufw !== undefined) ordered.push(ufw);
  const texts = await Promise.all(ordered.map(async (file) => ({ file, text: (await host.read(file)) ?? '' })));
  const found = new Map<string, BootSysctl>();
  for (const { file, text } of texts)
    for (const [, key = '', value = ''] of text.matchAll(/^\s*-?([\w./*-]+)\s*=\s*(.*?)\s*(?:\s#.*)?$/gm))
      found.set(canonical(key), { value, file });
  return found;
}

/**
 * The file that ufw reads each time it is enabled, thus at every boot; undefined if it is off. See ufw-framework(8).
 * Source: ansible-lockdown/UBUNTU18-CIS#28.
 */
async function sysctlsOfUfw(host: Pick<Host, 'read'>): Promise<string | undefined> {
  if (!/^\s*ENABLED\s*=\s*["']?yes/im.test((await host.read('/etc/ufw/ufw.conf')) ?? '')) return undefined;
  const named = /^\s*IPT_SYSCTL\s*=\s*["']?([^"'\s#]*)/m.exec((await host.read('/etc/default/ufw')) ?? '');
  return named ? named[1] || undefined : '/etc/ufw/sysctl.conf';
}

/** Slashes are dots, and one parameter has two names. */
function canonical(key: string): string {
  const dotted = key.includes('/') ? key.replaceAll('/', '.') : key;
  return dotted === 'net.ipv4.conf.all.forwarding' ? 'net.ipv4.ip_forward' : dotted;
}
