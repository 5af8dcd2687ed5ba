import type { ProgramResult } from '../../../host/machine.ts';
import { MAX_FILE_CHARACTERS, withoutTornLine } from '../clean-file.ts';
import { COLLECTOR_LIMIT_MS } from '../collect.ts';
import type { CollectContext, Collected, Collector } from '../collector.ts';

/** The last lines of a unit's journal that are taken. */
const JOURNAL_LINES = '2000';

/** Takes away secrets that only the form of a file betrays. */
type Cleaning = (text: string) => string;
const asItIs: Cleaning = (text) => text;

/** Runs a program for a collector, as long as that one may take. */
export async function query(
  { host, signal }: CollectContext,
  program: string,
  args: readonly string[],
): Promise<ProgramResult> {
  const result = await host.query(program, args, { timeoutMs: COLLECTOR_LIMIT_MS, signal });
  signal.throwIfAborted();
  return result;
}

/** What a program prints. One that is not installed is not missed; one that fails has its exit code in the file. */
export function command(name: string, program: string, args: readonly string[], clean = asItIs): Collector {
  return { name, run: (context) => outputOf(context, name, [program, ...args], clean) };
}

/** As {@link command}, asked only if a file of the kernel has a pattern. */
export function commandIf(
  [path, pattern]: readonly [string, string],
  name: string,
  program: string,
  args: readonly string[],
): Collector {
  return {
    name,
    run: async (context) => {
      const there = new RegExp(pattern, 'm').test((await context.host.read(path)) ?? '');
      if (there) return outputOf(context, name, [program, ...args]);
      return { files: [{ path: `${name}.txt`, text: `not in use: ${path} does not show it\n` }] };
    },
  };
}

async function outputOf(
  context: CollectContext,
  name: string,
  [program = '', ...args]: readonly string[],
  clean = asItIs,
): Promise<Collected> {
  if (!context.host.runsPrograms) return { files: [] };
  const { exitCode, stdout, stderr } = await query(context, program, args);
  if (exitCode === 127) return { files: [{ path: `${name}.txt`, text: `${program} is not installed\n` }] };
  const end = exitCode === 0 ? '' : `[exit code ${exitCode}]\n`;
  const text = `$ ${[program, ...args].join(' ')}\n${clean(stdout)}${stderr}${end}`;
  return { files: [{ path: `${name}.txt`, text }] };
}

/** The last lines of a unit's journal, with times. */
export function journal(unit: string): Collector {
  return command(`journals/${unit}`, 'journalctl', [
    ...['--unit', `${unit}.service`, '--lines', JOURNAL_LINES],
    ...['--output', 'short-iso', '--utc', '--no-pager'],
  ]);
}

/** A text file, if there is one. */
export function file(name: string, path: string, clean = asItIs): Collector {
  return {
    name,
    run: async (context) => {
      const text = await endOf(context, path);
      return { files: text === undefined ? [] : [{ path: `${name}.txt`, text: clean(text) }] };
    },
  };
}

/** The text files right in a folder; a file of keys is not read. */
export function folder(name: string, path: string, clean = asItIs): Collector {
  return {
    name,
    run: async (context) => {
      const { host } = context;
      const names = (await host.list(path)).filter((entry) => !/\.(key|pem|p12|pfx)$/i.test(entry));
      const texts = await Promise.all(
        names.map(async (entry) => {
          const { type } = (await host.stat(`${path}/${entry}`)) ?? {};
          const text = type === 'file' ? await endOf(context, `${path}/${entry}`) : undefined;
          return text === undefined ? [] : [{ path: `${name}/${entry}`, text: clean(text) }];
        }),
      );
      return { files: texts.flat(), ...(name === 'cni' && { facts: { cniFiles: names } }) };
    },
  };
}

/** The end of a file, as much of it as is kept: a log may be larger than the memory of the node. */
async function endOf(context: CollectContext, path: string): Promise<string | undefined> {
  const { host } = context;
  const { size = 0 } = (await host.stat(path)) ?? {};
  if (size <= MAX_FILE_CHARACTERS || !host.runsPrograms) return host.read(path);
  return withoutTornLine((await query(context, 'tail', ['-c', String(MAX_FILE_CHARACTERS), path])).stdout);
}
