import { posix } from 'node:path';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { goMatch } from '../../lib/go-match.ts';
import { importsOf } from './containerd-config.ts';

type Files = Pick<Host, 'read' | 'list'>;

/** Of all patterns together: a wildcard in the place of a folder may stand for very many. */
const FOLDERS = 1000;

/**
 * The files that a configuration of containerd imports, in their order, with those that imported files import; each of
 * them counts once, as in containerd's LoadConfig.
 * @throws EdgeadmError RUNTIME_FAILED if a file is damaged, or the patterns stand for too many folders
 */
export async function importedFiles(host: Files, text: string): Promise<string[]> {
  const found = new Set<string>([PATHS.containerd.configuration]);
  const list = limitedList(host);
  // The loop includes what is added to the set meanwhile.
  for (const file of found) {
    const own = file === PATHS.containerd.configuration ? text : ((await host.read(file)) ?? '');
    for (const pattern of importsOf(own, file))
      for (const imported of await globbed(list, posix.resolve(posix.dirname(file), pattern))) found.add(imported);
  }
  return [...found].slice(1);
}

function limitedList(host: Files): Files['list'] {
  let folders = 0;
  return async (path) => {
    if (++folders <= FOLDERS) return host.list(path);
    throw new EdgeadmError({
      code: 'RUNTIME_FAILED',
      what: `the imports of ${PATHS.containerd.configuration} stand for more than ${FOLDERS} folders`,
      next: 'name fewer folders in `imports`',
    });
  };
}

/**
 * As containerd's resolveImports: only a path with a `*` is a pattern, and then in all of its folders, by Go's
 * filepath.Glob.
 */
async function globbed(list: Files['list'], path: string): Promise<string[]> {
  const elements = path.split('/').slice(1);
  let found = ['/'];
  for (const [i, element] of elements.entries()) {
    const isName = !path.includes('*') || !/[*?[\\]/.test(element);
    const isThere = isName ? (name: string) => name === element : matcher(element);
    const inFolder = async (folder: string): Promise<string[]> =>
      isName && i < elements.length - 1 ? [element] : (await list(folder)).filter(isThere);
    const next: string[] = [];
    for (const folder of found) next.push(...(await inFolder(folder)).map((name) => posix.join(folder, name)));
    found = next;
  }
  return found;
}

/** containerd does not start with a pattern that is none, so nothing is imported by it. */
function matcher(element: string): (name: string) => boolean {
  const pattern = goMatch(element);
  return (name) => pattern?.test(name) ?? false;
}
