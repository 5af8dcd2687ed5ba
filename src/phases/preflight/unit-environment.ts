import { posix } from 'node:path';
import { PATHS } from '../../host/node-paths.ts';
import type { ReadOnlyHost } from './read-only-host.ts';
import { unitTextOf } from './unit-command.ts';

/**
 * The environment that systemd gives a service: the manager's own for all services, then that of the unit, then that of
 * its files. See systemd.exec(5) and systemd-system.conf(5).
 */
export async function unitEnvironment(host: ReadOnlyHost, unit: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const { manager } = PATHS.system;
  const dropIns = (await host.list(`${manager}.d`)).filter((name) => name.endsWith('.conf'));
  for (const path of [manager, ...dropIns.map((name) => posix.join(`${manager}.d`, name))])
    for (const value of valuesOf('DefaultEnvironment', (await host.read(path)) ?? '')) setWords(found, value);
  const text = await unitTextOf(host, unit);
  for (const [name, value] of environmentIn(text)) found.set(name, value);
  for (const path of environmentFilesIn(text)) {
    const lines = ((await host.read(path).catch(() => undefined)) ?? '').split('\n');
    for (const line of lines.filter((each) => /^\s*\w+=/.test(each))) set(found, unquoted(line.trim()));
  }
  return found;
}

/** What a unit or a drop-in sets by itself. */
export function environmentIn(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const value of valuesOf('Environment', text)) setWords(found, value);
  return found;
}

/** The files of variables that a unit or a drop-in names; one with a dash before it may be missing. */
export function environmentFilesIn(text: string): string[] {
  return valuesOf('EnvironmentFile', text).map((path) => path.replace(/^-/, ''));
}

/** An empty value takes away those before it. */
function valuesOf(key: string, text: string): string[] {
  const values = [...text.matchAll(new RegExp(`^\\s*${key}=(.*)$`, 'gm'))].map(([, value = '']) => value.trim());
  return values.slice(values.lastIndexOf('') + 1);
}

function setWords(found: Map<string, string>, value: string): void {
  for (const [word] of value.matchAll(/"(?:\\.|[^"\\])*"|'[^']*'|[^\s"']\S*/g)) set(found, unquoted(word));
}

function set(found: Map<string, string>, assignment: string): void {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(assignment) ?? [];
  if (name !== undefined && value !== undefined) found.set(name, unquoted(value));
}

function unquoted(word: string): string {
  return /^(["'])(.*)\1$/s.exec(word)?.[2] ?? word;
}
