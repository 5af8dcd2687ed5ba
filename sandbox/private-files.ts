import { chmod, mkdir } from 'node:fs/promises';
import { EdgeadmError } from '../src/errors/index.ts';
import { usageError } from '../src/errors/usage.ts';

/** The sandbox's files contain keys: only their owner may read them, whatever the umask or an earlier mode was. */
const FOLDER_MODE = 0o700;

/** Makes a folder, and those above it that are missing. @throws EdgeadmError WRITE_FAILED; USAGE if a file is there */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: FOLDER_MODE }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST' || error.code === 'ENOTDIR')
      throw usageError([`--dir: cannot create the folder ${path}: a file is in its place`]);
    throw new EdgeadmError({ code: 'WRITE_FAILED', what: `cannot create ${path}`, why: error.message, cause: error });
  });
}

/** Makes a folder, and takes it from others if it was there already. */
export async function takePrivateFolder(path: string): Promise<void> {
  await makePrivateFolder(path);
  await chmod(path, FOLDER_MODE);
}
