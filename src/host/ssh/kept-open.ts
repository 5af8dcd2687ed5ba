import { allSettled } from '../../lib/all-settled.ts';
import type { FileMethods } from '../machine.ts';
import { openToAppend, type Remote, writeAndSync } from './sftp-calls.ts';
import type { Sftp } from './sftp-session.ts';

interface Kept {
  readonly sftp: Sftp;
  readonly handle: Promise<Buffer>;
}

/** Files that are appended to again and again, and stay open: the journal gets a line before each change. */
export class KeptOpen {
  readonly #files = new Map<string, Kept>();

  /** @param mode of a new file */
  async append(remote: Remote, path: string, text: Buffer, mode: number): Promise<void> {
    try {
      await allSettled(writeAndSync(remote, await this.#open(remote, path, mode), text));
    } catch (error) {
      this.#forget(path);
      throw error;
    }
  }

  /** The same files: what changes more of one than its end closes it before. */
  watch(files: FileMethods): FileMethods {
    return {
      ...files,
      writeFile: (path, content, attributes) => {
        this.#forget(path);
        return files.writeFile(path, content, attributes);
      },
      copyFile: (from, path, attributes) => {
        this.#forget(path);
        return files.copyFile(from, path, attributes);
      },
      remove: (path) => {
        this.#forget(path);
        return files.remove(path);
      },
      removeTree: (folder) => {
        for (const path of this.#files.keys()) if (path.startsWith(`${folder}/`)) this.#forget(path);
        return files.removeTree(folder);
      },
    };
  }

  #forget(path: string): void {
    const { sftp, handle } = this.#files.get(path) ?? {};
    this.#files.delete(path);
    handle?.then((open) => sftp?.send((server, done) => server.close(open, done))).catch(() => {});
  }

  /** What another session had open is closed with it. */
  #open(remote: Remote, path: string, mode: number): Promise<Buffer> {
    const known = this.#files.get(path);
    if (known?.sftp === remote.sftp) return known.handle;
    const handle = openToAppend(remote, path, mode);
    this.#files.set(path, { sftp: remote.sftp, handle });
    return handle;
  }
}
