import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { released } from '../../lib/chunks.ts';
import { withPathError } from '../failures.ts';
import { localFiles, takeName, writeAtomically } from '../local.ts';
import type { FileMethods } from '../machine.ts';
import { regularChunks } from '../regular-file.ts';
import { temporaryOf } from '../temporary.ts';

/** Called for the empty file or folder, under its temporary name, before it takes content and name. */
export type Prepare = (temporary: string) => Promise<void>;

/**
 * The drive of a Windows machine, wherever it is: its files, without lists of access. Places are paths with a slash,
 * `C:/etc/kubernetes`.
 */
export interface DriveFiles
  extends Pick<FileMethods, 'readFile' | 'appendFile' | 'stat' | 'list' | 'remove' | 'removeTree' | 'sha256'> {
  /** As {@link FileMethods.writeFile}; the list of access is that of the folder, unless `prepare` sets another. */
  write(place: string, content: Buffer | (() => Readable), prepare?: Prepare): Promise<void>;
  copy(from: string, place: string, prepare?: Prepare): Promise<void>;
  /** It has its name only once it is prepared: a run that is killed leaves no folder that every user may write into. */
  makeDirectory(place: string, prepare: Prepare): Promise<void>;
  /** A symlink, or a hard link where there are none. */
  link(target: string, place: string): Promise<void>;
  /** The last bytes of a file, undefined if there is none. */
  readEnd(place: string, bytes: number): Promise<Buffer | undefined>;
}

/** On Windows a mode does not say who may read a file. */
const MODE = { mode: 0o600 };

/**
 * Drives of this machine.
 * @param program the file that runs: Windows lets it be renamed, but not removed
 */
export function localDrives(program = process.execPath): DriveFiles {
  const { readFile, appendFile, stat: look, list, remove, sha256 } = localFiles();
  return {
    readFile,
    appendFile,
    stat: look,
    list,
    remove: async (place) => {
      await leave(place, program);
      await remove(place);
    },
    sha256,
    write: (place, content, prepare) =>
      writeAtomically(place, Buffer.isBuffer(content) ? content : () => released(content()), MODE, prepare),
    copy: (from, place, prepare) => writeAtomically(place, () => regularChunks(from), MODE, prepare),
    makeDirectory: (place, prepare) => withPathError(place, makeFolder(place, prepare)),
    // It removes links and junctions, and does not follow them.
    removeTree: async (place) => {
      await leave(place, program);
      await withPathError(place, rm(place, { recursive: true, force: true, maxRetries: 10 }));
    },
    link: linkTo,
    readEnd: async (place, bytes) => ((await look(place)) ? withPathError(place, readEnd(place, bytes)) : undefined),
  };
}

async function makeFolder(place: string, prepare: Prepare): Promise<void> {
  const temporary = temporaryOf(place);
  await rm(temporary, { recursive: true, force: true, maxRetries: 10 });
  await mkdir(temporary, 0o700);
  await prepare(temporary);
  await takeName(temporary, place);
}

/** Moves the program that runs away from what is about to be removed; on another drive than that of temporary files it stays. */
async function leave(place: string, program: string): Promise<void> {
  const own = program.replaceAll('\\', '/').toLowerCase();
  const doomed = place.toLowerCase();
  if (own !== doomed && !own.startsWith(`${doomed}/`)) return;
  await rename(program, join(tmpdir(), `edgeadm-${randomBytes(8).toString('hex')}.old`)).catch(() => {});
}

async function readEnd(place: string, bytes: number): Promise<Buffer> {
  const file = await open(place);
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(bytes, size));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** File systems without symlinks get a hard link; some take the call and make nothing. */
async function linkTo(target: string, place: string): Promise<void> {
  await symlink(target, place, 'file').catch(() => {});
  if (!(await stat(place).catch(() => undefined))) await withPathError(place, link(target, place));
}
