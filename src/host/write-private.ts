import { randomBytes } from 'node:crypto';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { pathError } from './failures.ts';

/** Writes a file of this machine with mode 0600, whole or not at all. @throws EdgeadmError WRITE_FAILED, NO_SPACE */
export async function writePrivate(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const found = await stat(path).catch(() => undefined);
    // A new file would take the place of /dev/null, too.
    if (found && !found.isFile()) throw new Error('it exists and is not a file');
    await writeFile(temporary, content, { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw pathError(path, error);
  }
}
