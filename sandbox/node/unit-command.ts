import type { Machine } from '../../src/host/machine.ts';

/** In the order in which systemd looks; the first file of a name is the unit, drop-ins of all folders count. */
const UNIT_FOLDERS = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system'];

type Files = Pick<Machine, 'readFile' | 'list'>;

/** What a unit could not be started for, as systemd says it. */
export class UnitFault extends Error {}

/**
 * The words with which systemd would start a service: its unit file with drop-ins, the environment they set, and
 * `$NAME` in ExecStart replaced and split into words.
 * @throws UnitFault if systemd would refuse the unit
 * @see https://www.freedesktop.org/software/systemd/man/systemd.service.html
 */
export async function unitCommand(files: Files, unit: string): Promise<string[]> {
  const settings = await unitSettings(files, unit);
  if (!settings) throw new UnitFault(`Unit ${unit} not found.`);
  const environment = new Map<string, string>();
  let command: string | undefined;
  for (const [key, value] of settings) {
    if (key === 'Environment') for (const word of words(value)) setVariable(environment, word);
    if (key === 'EnvironmentFile') await readEnvironment(files, environment, unit, value);
    if (key === 'ExecStart') command = value === '' ? undefined : refuseSecond(unit, command, value);
  }
  if (command === undefined) throw new UnitFault(`${unit}: Service has no ExecStart= setting. Refusing.`);
  return words(command).flatMap((word) => {
    const name = /^\$(\w+)$/.exec(word)?.[1];
    return name === undefined ? [word] : words(environment.get(name) ?? '');
  });
}

/** The settings of section [Service], in order; undefined if there is no such unit. */
async function unitSettings(files: Files, unit: string): Promise<[string, string][] | undefined> {
  let text: string | undefined;
  for (const folder of UNIT_FOLDERS) text ??= (await files.readFile(`${folder}/${unit}`))?.toString('utf8');
  if (text === undefined) return undefined;
  const dropIns = new Map<string, string>();
  for (const folder of UNIT_FOLDERS.toReversed()) {
    for (const name of await files.list(`${folder}/${unit}.d`))
      if (name.endsWith('.conf')) dropIns.set(name, `${folder}/${unit}.d/${name}`);
  }
  const parts = [text];
  for (const [, path] of [...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)))
    parts.push((await files.readFile(path))?.toString('utf8') ?? '');
  return parts.flatMap(serviceSettings);
}

function serviceSettings(text: string): [string, string][] {
  const settings: [string, string][] = [];
  let section = '';
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    const heading = /^\[(\w+)\]\s*$/.exec(line)?.[1];
    if (heading !== undefined) section = heading;
    const [, key, value] = /^(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section === 'Service' && key !== undefined && value !== undefined) settings.push([key, value]);
  }
  return settings;
}

function refuseSecond(unit: string, before: string | undefined, value: string): string {
  if (before === undefined) return value;
  throw new UnitFault(`${unit}: Service has more than one ExecStart= setting. Refusing.`);
}

async function readEnvironment(
  files: Files,
  environment: Map<string, string>,
  unit: string,
  value: string,
): Promise<void> {
  const path = value.replace(/^-/, '');
  const text = (await files.readFile(path))?.toString('utf8');
  if (text === undefined && !value.startsWith('-'))
    throw new UnitFault(`${unit}: Failed to load environment files: No such file or directory (${path})`);
  for (const line of (text ?? '').split('\n')) {
    const [, name = '', content = ''] = /^\s*(\w+)=(.*)$/.exec(line) ?? [];
    if (name) environment.set(name, unquote(content.trim()));
  }
}

function setVariable(environment: Map<string, string>, word: string): void {
  const at = word.indexOf('=');
  if (at > 0) environment.set(word.slice(0, at), word.slice(at + 1));
}

/** Splits at white space; quotes hold words together, also if they stand around a whole assignment. */
function words(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
}

function unquote(text: string): string {
  return /^(["']).*\1$/.test(text) ? text.slice(1, -1) : text;
}
