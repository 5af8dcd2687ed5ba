import { randomBytes } from 'node:crypto';
import { EdgeadmError } from '../../errors/index.ts';
import type { Machine } from '../machine.ts';
import { WINDOWS_PATHS } from './paths.ts';

/** By number, since the names are in the language of the system: SYSTEM, the administrators, the users. */
const SIDS = { system: '*S-1-5-18', administrators: '*S-1-5-32-544', users: '*S-1-5-32-545' } as const;
/** Bits for others than the owner. */
const OTHERS = 0o077;
/** The installer of Windows. */
const TRUSTED_INSTALLER = 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464';
/** Principals of a private file in SDDL: SYSTEM, administrators, the administrator who makes a file. */
const TRUSTED = new Set(['SY', 'BA', 'CO', 'S-1-5-18', 'S-1-5-32-544', 'S-1-3-0', TRUSTED_INSTALLER]);
/** Rights to read and to run, as names and as numbers. */
const READ_ONLY = /^(0x1200a9|0x120089|0x1200a0|0xa0000000|0x80000000|FR|FX|FRFX|FXFR|GR|GX|GRGX|GXGR)$/i;

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
  /** undefined if icacls does not answer. */
  accessTo(path: string): Promise<Access | undefined>;
}

/** Whom a list gives access beside SYSTEM and administrators: no user, readers, or writers. */
export type Access = 'private' | 'readable' | 'open';

export function aclOf({ exec, nativePath, take }: AclParts): Acl {
  const icacls = (args: readonly string[]) => exec('icacls.exe', args, { repeatable: true });
  const accessTo = async (path: string): Promise<Access | undefined> => {
    const copy = `${WINDOWS_PATHS.temporary}/edgeadm-${randomBytes(16).toString('hex')}.acl`;
    const { exitCode } = await icacls([nativePath(path), '/save', nativePath(copy), '/q']);
    const saved = await take(copy);
    return exitCode === 0 && saved !== undefined ? accessIn(saved.toString('utf16le')) : undefined;
  };
  return {
    accessTo,
    protect: async (path, kind, mode) => {
      const down = kind === 'directory' ? '(OI)(CI)' : '';
      const full = [`${SIDS.system}:${down}F`, `${SIDS.administrators}:${down}F`];
      const others = (mode & OTHERS) === 0 ? [] : [`${SIDS.users}:${down}RX`];
      const { exitCode, stderr } = await icacls([nativePath(path), '/inheritance:r', '/grant:r', ...full, ...others]);
      if (exitCode !== 0) throw notProtected(path, `icacls ended with exit code ${exitCode}: ${stderr.trim()}`);
      if (others.length > 0 || (await accessTo(path)) === 'private') return;
      throw notProtected(path, 'icacls does not show that only SYSTEM and administrators have access');
    },
  };
}

/**
 * Reads what `icacls /save` writes: the name of the file, then its list in SDDL, `D:PAI(A;;FA;;;SY)(A;;FA;;;BA)`.
 * A private list inherits nothing and names only {@link TRUSTED}.
 * @see https://learn.microsoft.com/windows/win32/secauthz/security-descriptor-string-format
 * @returns undefined if there is no list in it
 */
export function accessIn(text: string): Access | undefined {
  const [, flags = '', list = ''] = /D:([A-Z]*)((?:\([^)]*\))*)/.exec(text) ?? [];
  const entries = [...list.matchAll(/\(([^)]*)\)/g)].map(([, entry = '']) => entry.split(';'));
  const allowed = entries.filter(([type]) => type?.includes('A'));
  if (allowed.length === 0) return undefined;
  const others = allowed.filter((entry) => !TRUSTED.has(entry[5] ?? ''));
  if (others.some(([, , rights = '']) => !READ_ONLY.test(rights))) return 'open';
  return others.length === 0 && flags.includes('P') ? 'private' : 'readable';
}

function notProtected(path: string, why: string): EdgeadmError {
  return new EdgeadmError({ code: 'WRITE_FAILED', what: `cannot protect ${path} from other users`, why });
}
