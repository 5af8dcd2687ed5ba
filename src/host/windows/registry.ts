import type { Machine } from '../machine.ts';

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
