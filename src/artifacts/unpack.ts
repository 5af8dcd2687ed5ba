import { EdgeadmError } from '../errors/index.ts';
import type { UnpackedFile } from './bundle.ts';
import { MAX_PROGRAMS_BYTES } from './limits.ts';
import { foldedPath, innerPath } from './names.ts';
import { save } from './save.ts';
import { ensureSpace, type Scratch } from './scratch.ts';
import { readTar, type TarEntry, type TarOptions } from './tar.ts';

/** An entry that passed: a regular file whose path stays inside. */
export interface PlainFile extends TarEntry {
  /** Without `./`. */
  readonly path: string;
}

/** How archives name the folder itself. */
const TOP = new Set(['.', './']);

/**
 * The regular files of an archive that is not trusted. The caller gives them names of its own, so that no name
 * in the archive ever reaches the file system. What does not belong in an archive is refused anyway.
 * @throws EdgeadmError BUNDLE_INVALID on absolute paths, `..`, links, devices, and two entries that some file system
 *   takes for one
 */
export async function* plainFiles(archive: string, options: TarOptions = {}): AsyncGenerator<PlainFile> {
  const { name = archive } = options;
  const seen = new Set<string>();
  for await (const entry of readTar(archive, options)) {
    if (entry.type === 'directory' && TOP.has(entry.path)) continue;
    const path = innerPath(entry.path);
    if (path === undefined) throw hostile(name, entry, 'it points outside the folder');
    if (entry.type === 'directory') continue;
    if (entry.type !== 'file')
      throw hostile(name, entry, `it is a ${entry.typeName}, only files and folders are allowed`);
    const folded = foldedPath(path);
    if (seen.has(folded)) throw hostile(name, entry, 'it appears twice (letter case is ignored)');
    seen.add(folded);
    yield { ...entry, path };
  }
}

/** What came out of an archive of programs. */
export interface Unpacked {
  readonly programs: readonly UnpackedFile[];
  /** SHA-256 of the archive file; a sentence that equals no sum if it was not read to its end. */
  readonly archiveSum: string;
}

/**
 * Writes the executable files of an archive into new files; their names in the archive are only reported.
 * @throws EdgeadmError BUNDLE_INVALID, NO_SPACE
 */
export async function unpackPrograms(
  archive: string,
  { scratch, name, signal }: { scratch: Scratch } & Pick<TarOptions, 'name' | 'signal'>,
): Promise<Unpacked> {
  const programs: UnpackedFile[] = [];
  let archiveSum = 'unknown: it was not read to its end';
  const onSum = (sum: string): void => {
    archiveSum = sum;
  };
  let room = MAX_PROGRAMS_BYTES;
  for await (const { path, mode, size, body } of plainFiles(archive, { name, signal, onSum })) {
    if ((mode & 0o111) === 0 && !path.toLowerCase().endsWith('.exe')) continue;
    await ensureSpace(await scratch.folder(), size);
    const localPath = await scratch.newPath();
    const saved = await save(body, localPath, room);
    room -= saved.size;
    programs.push({ path, localPath, sha256: saved.sha256 });
  }
  return { programs, archiveSum };
}

function hostile(archive: string, entry: TarEntry, why: string): EdgeadmError {
  const name = JSON.stringify(entry.path);
  return new EdgeadmError({ code: 'BUNDLE_INVALID', what: `${archive} contains ${name}, which is not allowed`, why });
}
