import { EdgeadmError } from '../errors/index.ts';
import type { Address } from './machine.ts';

/** An error of the operating system as Node reports it. */
export type NodeError = Error & { code?: string };

/** True if the error says that the path (or a folder above it) does not exist. */
export function isMissingPath(error: unknown): boolean {
  const { code } = error as NodeError;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** The code that the operating system gave a failure, here or on a node: `EROFS`. Searched through all causes. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = error instanceof EdgeadmError ? undefined : (error as NodeError).code;
  return code ?? systemCode(error.cause);
}

/** True if the operating system denied this user access. */
export function isDenied(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'EACCES' || code === 'EPERM';
}

/** True if the file itself cannot be used, by any user: a folder in its place, a link to itself, a bad disk. */
export function isFaultOfFile(error: unknown): error is EdgeadmError {
  return error instanceof EdgeadmError && error.code === 'WRITE_FAILED' && !isDenied(error);
}

/**
 * What programs and SFTP servers write for what Node reports by a code; glibc's strerror and Python's use these words.
 */
const CODES: readonly (readonly [RegExp, string])[] = [
  [/No such file or directory/, 'ENOENT'],
  [/Not a directory/, 'ENOTDIR'],
  [/No space left on device/, 'ENOSPC'],
  [/Disk quota exceeded/, 'EDQUOT'],
  [/Permission denied/, 'EACCES'],
  [/Operation not permitted/, 'EPERM'],
  [/Is a directory/, 'EISDIR'],
  [/is a named pipe|No such device or address/, 'ENXIO'],
  [/Too many levels of symbolic links/, 'ELOOP'],
  [/Read-only file system/, 'EROFS'],
];

/** The error of a program on a node, with the code that Node would give it. @param words its standard error */
export function programError(words: string): NodeError {
  return Object.assign(new Error(words), { code: CODES.find(([pattern]) => pattern.test(words))?.[1] });
}

/** The error for a path that could not be read or written; a full disk has its own code. */
export function pathError(path: string, thrown: unknown): EdgeadmError {
  if (thrown instanceof EdgeadmError) return thrown;
  const error = thrown as NodeError;
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  if (error.code === 'EISDIR') return folderError(path, error);
  const next = error.code === 'ELOOP' ? `Correct the symlink: \`namei ${path}\` shows where it leads.` : undefined;
  return new EdgeadmError({
    code: full ? 'NO_SPACE' : 'WRITE_FAILED',
    what: full ? `no space left for ${path}` : `cannot access ${path}`,
    why: error.message,
    ...(next && { next }),
    cause: thrown,
  });
}

function folderError(path: string, cause: NodeError): EdgeadmError {
  return new EdgeadmError({
    code: 'WRITE_FAILED',
    what: `${path} is a folder, and should be a file`,
    why: cause.message,
    next: `Move it away (mv ${path} ${path}.old): Docker makes a folder if a container mounts a file that does not exist.`,
    cause,
  });
}

/** Waits for what is done at a path, and turns its failure into an error of ours. */
export async function withPathError<T>(path: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw pathError(path, error);
  }
}

/** Like {@link withPathError}, but a path that does not exist gives undefined. */
export async function undefinedIfMissing<T>(path: string, promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isMissingPath(error)) return undefined;
    throw pathError(path, error);
  }
}

/** `10.0.0.1:6443`, `[fd00::1]:6443` or the path of a socket. */
export function describeAddress(address: Address): string {
  if ('socket' in address) return address.socket;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
