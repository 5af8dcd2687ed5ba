import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { EdgeadmError } from '../src/errors/index.ts';
import { usageError } from '../src/errors/usage.ts';

/** What the sandbox keeps holds keys: its owner alone may read it, whatever the umask is and whatever was there before. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Writes a file as a whole: readers see the old text or the new one. Another user's link or file is not followed. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const part = `${path}.${randomUUID()}`;
  await writeFile(part, text, { mode: FILE_MODE, flag: 'wx' });
  await rename(part, path);
}

/** Makes a folder, and those above it that are missing. @throws EdgeadmError WRITE_FAILED; USAGE if a file is there */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: FOLDER_MODE }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST' || error.code === 'ENOTDIR')
      throw usageError([`--dir: cannot create the folder ${path}: a file is in its place`]);
    throw new EdgeadmError({ code: 'WRITE_FAILED', what: `cannot create ${path}`, why: error.message, cause: error });
  });
}

/** Makes a folder, and takes it from others where it was there already. */
export async function takePrivateFolder(path: string): Promise<void> {
  await makePrivateFolder(path);
  await chmod(path, FOLDER_MODE);
}
