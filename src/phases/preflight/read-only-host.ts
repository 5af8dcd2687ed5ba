import type { Host } from '../../host/host.ts';
import type { ProgramResult, UnitState } from '../../host/machine.ts';

/** The half of a Host that changes nothing. */
export type ReadOnlyHost = Pick<
  Host,
  | 'name'
  | 'runsPrograms'
  | 'nativePath'
  | 'facts'
  | 'network'
  | 'clock'
  | 'query'
  | 'read'
  | 'readBytes'
  | 'stat'
  | 'list'
  | 'sysctl'
  | 'unit'
  | 'connect'
>;

/** Answers of one script; undefined where it has no such question, or failed. */
export interface AskedTogether {
  query(file: string, args: readonly string[]): Promise<ProgramResult | undefined>;
  unit(name: string): Promise<UnitState | undefined>;
}

/**
 * Asks a host each question once, so that all checks judge the same moment and a dozen of them can look at one file
 * over SSH for the price of one.
 * @param together questions that are asked at once
 */
export function cachedReads(host: ReadOnlyHost, together?: AskedTogether): ReadOnlyHost {
  const answers = new Map<string, Promise<unknown>>();
  const once = <T>(question: string, ask: () => Promise<T>): Promise<T> => {
    const answer = (answers.get(question) as Promise<T> | undefined) ?? ask();
    answers.set(question, answer);
    return answer;
  };
  const readBytes = (path: string) => once(`read ${path}`, () => host.readBytes(path));
  return {
    name: host.name,
    runsPrograms: host.runsPrograms,
    nativePath: (path) => host.nativePath(path),
    facts: () => once('facts', () => host.facts()),
    network: () => once('network', () => host.network()),
    clock: () => host.clock(),
    query: (file, args, options) =>
      once(
        `query ${JSON.stringify([file, ...args])}`,
        async () => (await together?.query(file, args)) ?? host.query(file, args, options),
      ),
    read: async (path) => (await readBytes(path))?.toString('utf8'),
    readBytes,
    stat: (path, options) => once(`stat ${path} ${options?.permissions}`, () => host.stat(path, options)),
    list: (path) => once(`list ${path}`, () => host.list(path)),
    sysctl: (key) => once(`sysctl ${key}`, () => host.sysctl(key)),
    unit: (unit) => once(`unit ${unit}`, async () => (await together?.unit(unit)) ?? host.unit(unit)),
    connect: (address, options) => host.connect(address, options),
  };
}
