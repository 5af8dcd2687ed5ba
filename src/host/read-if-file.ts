import { systemCode } from './failures.ts';
import type { Host } from './host.ts';

/** What the operating system says of a folder, a named pipe or a device, and symlinks that lead to themselves. */
const NOT_A_FILE = ['EISDIR', 'ENXIO', 'ELOOP'];

/**
 * The text of a file that its reader can do without: undefined as well if something else has its name.
 */
export function readIfFile(host: Pick<Host, 'read'>, path: string): Promise<string | undefined> {
  return host.read(path).catch(undefinedIfNoFile);
}

export function undefinedIfNoFile(error: unknown): undefined {
  if (!NOT_A_FILE.includes(systemCode(error) ?? '')) throw error;
  return undefined;
}
