import { EdgeadmError } from '../../errors/index.ts';
import type { FileAttributes, FileMethods, FileStat } from '../machine.ts';
import { temporaryOf } from '../temporary.ts';
import type { Access, Acl } from './acl.ts';
import type { DriveFiles } from './drive-files.ts';

export interface WindowsFileParts {
  readonly drives: DriveFiles;
  /** Where a path of the node is on its drives, `C:/etc/kubernetes`, and back. */
  readonly place: (path: string) => string;
  readonly pathAt: (place: string) => string;
  readonly acl: Acl;
}

const OTHERS = 0o077;
const PROGRAM = /\.(exe|dll|cmd|bat|ps1)$/i;

/**
 * Files of Windows behind the modes of Linux: a mode without a bit for others becomes a private access list, set before
 * the first byte of the content; any other file takes the list of its folder.
 */
export function windowsFiles({ drives, place, pathAt, acl }: WindowsFileParts): FileMethods {
  const prepare = (path: string, { mode }: FileAttributes) =>
    (mode & OTHERS) === 0 ? () => acl.protect(temporaryOf(path), 'file', mode) : undefined;
  const makeDirectory = async (path: string, mode: number): Promise<void> => {
    if (await drives.stat(place(path))) return refuseOpen(path, mode, acl);
    await drives.makeDirectory(place(path), (temporary) => acl.protect(pathAt(temporary), 'directory', mode));
  };
  // Two steps that need the same folder at once share its temporary name.
  const making = new Map<string, Promise<void>>();
  return {
    readFile: (path) => drives.readFile(place(path)),
    writeFile: (path, content, attributes) => drives.write(place(path), content, prepare(path, attributes)),
    copyFile: (from, path, attributes) => drives.copy(place(from), place(path), prepare(path, attributes)),
    appendFile: (path, text) => drives.appendFile(place(path), text),
    stat: async (path, options) => {
      const found = await drives.stat(place(path));
      if (!found) return undefined;
      const access = options?.permissions === true ? await acl.accessTo(path) : undefined;
      return {
        ...found,
        mode: modeOf(path, found, access),
        uid: 0,
        gid: 0,
        target: found.target && pathAt(found.target),
      };
    },
    list: (path) => drives.list(place(path)),
    makeDirectory: (path, mode) => {
      const made = making.get(path) ?? makeDirectory(path, mode).finally(() => making.delete(path));
      making.set(path, made);
      return made;
    },
    symlink: (target, path) => drives.link(place(target), place(path)),
    remove: (path) => drives.remove(place(path)),
    removeTree: (path) => drives.removeTree(place(path)),
    sha256: (path) => drives.sha256(place(path)),
  };
}

/** What is private must not lie in a folder that another user made before. */
async function refuseOpen(path: string, mode: number, acl: Acl): Promise<void> {
  if ((mode & OTHERS) !== 0 || (await acl.accessTo(path)) === 'private') return;
  throw new EdgeadmError({
    code: 'WRITE_FAILED',
    what: `the folder ${path} exists, and others than SYSTEM and administrators have access to it`,
    next: 'move the folder away, then run the same command again',
  });
}

/** A program is one by its name; of a folder it counts whether other users can write into it. */
function modeOf(path: string, { type }: FileStat, access: Access | undefined): number {
  if (type === 'directory') return access === 'private' ? 0o700 : access === 'open' ? 0o777 : 0o755;
  if (access === 'private') return 0o600;
  return PROGRAM.test(path) ? 0o755 : 0o644;
}
