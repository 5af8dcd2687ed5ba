import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isMissingPath, pathError, programError } from './failures.ts';

/** As many symlinks in a row as Linux follows. */
const MAX_LINKS = 40;

/**
 * Where a path of a scratch root is on this machine. Symlinks are followed as if the root were `/`, so that neither
 * an absolute target nor `..` leads out of it.
 * @param followLast false leaves a symlink in the last place as it is
 */
export async function confine(root: string, path: string, followLast: boolean): Promise<string> {
  const ahead = path.split('/');
  const passed: string[] = [];
  let links = 0;
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      passed.pop();
      continue;
    }
    const here = join(root, ...passed, name);
    const target = followLast || ahead.some((rest) => rest !== '') ? targetOf(here) : undefined;
    if (target === undefined) {
      passed.push(name);
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) throw pathError(path, programError('Too many levels of symbolic links'));
    if (target.startsWith('/')) passed.length = 0;
    ahead.unshift(...target.split('/'));
  }
  return join(root, ...passed);
}

/** Synchronous, since it is called for every part of every path: an lstat takes less time than handing it to a thread. */
function targetOf(path: string): string | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch (error) {
    if (isMissingPath(error)) return undefined;
    throw error;
  }
}
