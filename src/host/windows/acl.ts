import { randomBytes } from 'node:crypto';
import { EdgeadmError } from '../../errors/index.ts';
import type { Machine } from '../machine.ts';
import { WINDOWS_PATHS } from './paths.ts';

/** By number, since the names are in the language of the system: SYSTEM, the administrators, the users. */
const SIDS = { system: '*S-1-5-18', administrators: '*S-1-5-32-544', users: '*S-1-5-32-545' } as const;
/** Bits for others than the owner. */
const OTHERS = 0o077;
/** Principals of a private file in SDDL: SYSTEM, administrators, its owner and its creator. */
const TRUSTED = new Set(['SY', 'BA', 'OW', 'CO', 'S-1-5-18', 'S-1-5-32-544', 'S-1-3-4', 'S-1-3-0']);

export interface AclParts {
  readonly exec: Machine['exec'];
  readonly nativePath: (path: string) => string;
  /** Reads a file of the machine and removes it. */
  readonly take: (path: string) => Promise<Buffer | undefined>;
}

/** Access control lists through icacls, which names its principals by number. */
export interface Acl {
  /**
   * Gives access to SYSTEM and administrators; users read it, unless the mode has no bit for others. What the folder
   * above allows no longer counts. A private list is read again, to prove it.
   * @throws EdgeadmError WRITE_FAILED
   */
  protect(path: string, kind: 'file' | 'directory', mode: number): Promise<void>;
  /** True if only SYSTEM and administrators have access; false if that is not known. */
  isPrivate(path: string): Promise<boolean>;
}

export function aclOf({ exec, nativePath, take }: AclParts): Acl {
  const icacls = (args: readonly string[]) => exec('icacls.exe', args, { repeatable: true });
  const isPrivate = async (path: string): Promise<boolean> => {
    const copy = `${WINDOWS_PATHS.temporary}/edgeadm-${randomBytes(16).toString('hex')}.acl`;
    const { exitCode } = await icacls([nativePath(path), '/save', nativePath(copy), '/q']);
    const saved = await take(copy);
    return exitCode === 0 && saved !== undefined && isPrivateSddl(saved.toString('utf16le'));
  };
  return {
    isPrivate,
    protect: async (path, kind, mode) => {
      const down = kind === 'directory' ? '(OI)(CI)' : '';
      const full = [`${SIDS.system}:${down}F`, `${SIDS.administrators}:${down}F`];
      const others = (mode & OTHERS) === 0 ? [] : [`${SIDS.users}:${down}RX`];
      const { exitCode, stderr } = await icacls([nativePath(path), '/inheritance:r', '/grant:r', ...full, ...others]);
      if (exitCode !== 0) throw notProtected(path, `icacls ended with exit code ${exitCode}: ${stderr.trim()}`);
      if (others.length > 0 || (await isPrivate(path))) return;
      throw notProtected(path, 'icacls does not show that only SYSTEM and administrators have access');
    },
  };
}

/**
 * Reads what `icacls /save` writes: the name of the file, then its list in SDDL, `D:PAI(A;;FA;;;SY)(A;;FA;;;BA)`.
 * A private list inherits nothing and names only {@link TRUSTED}.
 * @see https://learn.microsoft.com/windows/win32/secauthz/security-descriptor-string-format
 */
export function isPrivateSddl(text: string): boolean {
  const [, flags = '', list = ''] = /D:([A-Z]*)((?:\([^)]*\))*)/.exec(text) ?? [];
  const entries = [...list.matchAll(/\(([^)]*)\)/g)].map(([, entry = '']) => entry.split(';'));
  const allowed = entries.filter(([type]) => type?.includes('A'));
  return flags.includes('P') && allowed.length > 0 && allowed.every((entry) => TRUSTED.has(entry[5] ?? ''));
}

function notProtected(path: string, why: string): EdgeadmError {
  return new EdgeadmError({ code: 'WRITE_FAILED', what: `cannot protect ${path} from other users`, why });
}
