import { posix } from 'node:path';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { importsOf } from './containerd-config.ts';

type Files = Pick<Host, 'read' | 'list'>;

/**
 * The files that a configuration of containerd imports, in their order, with those that imported files import; each of
 * them counts once, as in containerd's LoadConfig.
 */
export async function importedFiles(host: Files, text: string): Promise<string[]> {
  const found = new Set<string>([PATHS.containerd.configuration]);
  // The loop includes what is added to the set meanwhile.
  for (const file of found) {
    const own = file === PATHS.containerd.configuration ? text : ((await host.read(file)) ?? '');
    for (const imported of await importsIn(host, file, own)) found.add(imported);
  }
  return [...found].slice(1);
}

/** The files behind the patterns of `imports`; a relative one is below the folder of the file that has it. */
async function importsIn(host: Files, file: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pattern of importsOf(text, file)) {
    const path = posix.resolve(posix.dirname(file), pattern);
    const folder = posix.dirname(path);
    const names = new RegExp(
      `^${posix
        .basename(path)
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
    );
    found.push(...(await host.list(folder)).filter((name) => names.test(name)).map((name) => posix.join(folder, name)));
  }
  return found;
}
