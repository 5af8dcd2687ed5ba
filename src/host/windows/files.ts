import { link, rm, stat, symlink } from 'node:fs/promises';
import { EdgeadmError } from '../../errors/index.ts';
import { released } from '../../lib/chunks.ts';
import { withPathError } from '../failures.ts';
import { writeAtomically } from '../local.ts';
import type { FileAttributes, FileMethods, FileStat } from '../machine.ts';
import { regularChunks } from '../regular-file.ts';
import { temporaryOf } from '../temporary.ts';
import type { Access, Acl } from './acl.ts';

export interface WindowsFileParts {
  /** The same methods for the paths of this machine. */
  readonly here: FileMethods;
  /** Where a path of the node is on this machine, `C:/etc/kubernetes`, and back. */
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
export function windowsFiles({ here, place, pathAt, acl }: WindowsFileParts): FileMethods {
  const prepare = (path: string, { mode }: FileAttributes) =>
    (mode & OTHERS) === 0 ? () => acl.protect(temporaryOf(path), 'file', mode) : undefined;
  const write = (path: string, content: Buffer | (() => AsyncIterable<Buffer>), attributes: FileAttributes) =>
    writeAtomically(place(path), content, { mode: 0o600 }, prepare(path, attributes));
  return {
    readFile: (path) => here.readFile(place(path)),
    writeFile: (path, content, attributes) =>
      write(path, Buffer.isBuffer(content) ? content : () => released(content()), attributes),
    copyFile: (from, path, attributes) => write(path, () => regularChunks(place(from)), attributes),
    appendFile: (path, text) => here.appendFile(place(path), text),
    stat: async (path, options) => {
      const found = await here.stat(place(path));
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
    list: (path) => here.list(place(path)),
    makeDirectory: async (path, mode) => {
      if (await here.stat(place(path))) return refuseOpen(path, mode, acl);
      await here.makeDirectory(place(path), mode);
      await acl.protect(path, 'directory', mode);
    },
    symlink: (target, path) => linkTo(place(path), place(target)),
    remove: (path) => here.remove(place(path)),
    // It removes links and junctions, and does not follow them.
    removeTree: (path) => withPathError(path, rm(place(path), { recursive: true, force: true, maxRetries: 10 })),
    sha256: (path) => here.sha256(place(path)),
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

/** File systems without symlinks get a hard link; some take the call and make nothing. */
async function linkTo(path: string, target: string): Promise<void> {
  await symlink(target, path, 'file').catch(() => {});
  if (!(await stat(path).catch(() => undefined))) await withPathError(path, link(target, path));
}
