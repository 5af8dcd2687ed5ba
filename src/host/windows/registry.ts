import { readTemplate } from '../../templates/index.ts';
import type { Host } from '../host.ts';
import type { Machine } from '../machine.ts';
import { powerShellArguments } from './quote.ts';

interface RegistryValue {
  /** `REG_SZ`, `REG_DWORD`: the same in every language. */
  readonly type: string;
  /** As reg.exe prints it: a number is hexadecimal, parts of a list are separated by `\0` in two characters. */
  readonly data: string;
}

export type RegistryKey = ReadonlyMap<string, RegistryValue>;

/** The values of a key, undefined if there is no such key. @param key `HKLM\SYSTEM\...` */
export async function readKey(exec: Machine['exec'], key: string): Promise<RegistryKey | undefined> {
  const { exitCode, stdout } = await exec('reg.exe', ['query', key], { repeatable: true });
  return exitCode === 0 ? parseKey(stdout) : undefined;
}

/**
 * Reads `reg query`: a line for each value, its name, type and data four blanks apart. The default value has a name in
 * the language of the system, and is left out.
 */
export function parseKey(text: string): RegistryKey {
  const values = new Map<string, RegistryValue>();
  for (const line of text.split(/\r?\n/)) {
    const [, name, type, data] = /^ {4}(\S.*?) {4}(REG_[A-Z_]+)(?: {4}(.*))?$/.exec(line) ?? [];
    if (name !== undefined && type !== undefined && !name.startsWith('(')) values.set(name, { type, data: data ?? '' });
  }
  return values;
}

export function numberIn(key: RegistryKey | undefined, name: string): number | undefined {
  const data = key?.get(name)?.data;
  return data === undefined || data === '' ? undefined : Number(data);
}

/** Starting PowerShell takes a slow machine some seconds. */
const FLUSH_LIMIT_MS = 60_000;

/**
 * Has Windows write what was changed in the registry to the disk: it does so after a while, and a power cut before takes
 * it back. Where PowerShell does not do it, that while has to pass.
 * Source: https://learn.microsoft.com/windows/win32/api/winreg/nf-winreg-regflushkey
 */
export async function flushRegistry(host: Pick<Host, 'query'>): Promise<void> {
  const script = readTemplate('windows/registry-flush.ps1');
  await host.query('powershell.exe', powerShellArguments(script), { timeoutMs: FLUSH_LIMIT_MS });
}
