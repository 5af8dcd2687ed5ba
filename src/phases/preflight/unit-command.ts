import { posix } from 'node:path';
import { PATHS } from '../../host/node-paths.ts';
import { wholeLines } from '../../host/unit-text.ts';
import type { ReadOnlyHost } from './read-only-host.ts';

/** The command that a service is started with: the last ExecStart counts. */
export async function startCommandOf(host: ReadOnlyHost, unit: string): Promise<string | undefined> {
  return [...(await unitTextOf(host, unit)).matchAll(/^\s*ExecStart=(.+)$/gm)].at(-1)?.[1];
}

/** A unit with its drop-ins, each setting on one line. */
export async function unitTextOf(host: ReadOnlyHost, unit: string): Promise<string> {
  return wholeLines((await unitFilesOf(host, unit)).map(({ text }) => text).join('\n'));
}

/**
 * A unit and its drop-ins in the order in which systemd reads them. Of two files with one name that in the folder named
 * first counts. See systemd.unit(5).
 */
export async function unitFilesOf(host: ReadOnlyHost, unit: string): Promise<{ path: string; text: string }[]> {
  const units = PATHS.system.unitFolders.map((folder) => posix.join(folder, unit));
  const dropIns = new Map<string, string>();
  const listings = await Promise.all(units.map((path) => host.list(`${path}.d`)));
  listings.forEach((names, i) => {
    for (const name of names)
      if (name.endsWith('.conf') && !dropIns.has(name)) dropIns.set(name, posix.join(`${units[i]}.d`, name));
  });
  const later = [...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  const read = async (path: string) => ({ path, text: await host.read(path) });
  const [own, rest] = await Promise.all([Promise.all(units.map(read)), Promise.all(later.map(read))]);
  const first = own.find(({ text }) => text !== undefined);
  return [...(first ? [first] : []), ...rest].map(({ path, text = '' }) => ({ path, text }));
}
