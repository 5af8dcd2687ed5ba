import { posix } from 'node:path';
import type { Host } from './host.ts';
import { PATHS } from './node-paths.ts';

/** A kernel parameter as it will be after the next boot, and the file that sets it. */
export interface BootSysctl {
  readonly value: string;
  readonly file: string;
}

/**
 * What systemd-sysctl will set at the next boot, by key with dots. /etc/sysctl.conf counts if a distribution links
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
  const texts = await Promise.all(ordered.map(async (file) => ({ file, text: (await host.read(file)) ?? '' })));
  const found = new Map<string, BootSysctl>();
  for (const { file, text } of texts)
    for (const [, key = '', value = ''] of text.matchAll(/^\s*-?([\w./*-]+)\s*=\s*(.*?)\s*$/gm))
      found.set(canonical(key), { value, file });
  return found;
}

/** Slashes are dots, and one parameter has two names. */
function canonical(key: string): string {
  const dotted = key.includes('/') ? key.replaceAll('/', '.') : key;
  return dotted === 'net.ipv4.conf.all.forwarding' ? 'net.ipv4.ip_forward' : dotted;
}
