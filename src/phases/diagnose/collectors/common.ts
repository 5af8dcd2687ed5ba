import { COLLECTOR_LIMIT_MS } from '../collect.ts';
import type { CollectContext, Collected, Collector } from '../collector.ts';

/** The last lines of a unit's journal that are taken. */
const JOURNAL_LINES = '2000';

/** What a program prints. One that is not installed is not missed; one that fails has its exit code in the file. */
export function command(name: string, program: string, args: readonly string[]): Collector {
  return { name, run: (context) => outputOf(context, name, program, args) };
}

/** As {@link command}, asked only where a file of the kernel has a pattern. */
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
      if (there) return outputOf(context, name, program, args);
      return { files: [{ path: `${name}.txt`, text: `not in use: ${path} does not show it\n` }] };
    },
  };
}

async function outputOf(
  { host, signal }: CollectContext,
  name: string,
  program: string,
  args: readonly string[],
): Promise<Collected> {
  if (!host.runsPrograms) return { files: [] };
  const { exitCode, stdout, stderr } = await host.query(program, args, { timeoutMs: COLLECTOR_LIMIT_MS, signal });
  signal.throwIfAborted();
  if (exitCode === 127) return { files: [{ path: `${name}.txt`, text: `${program} is not installed\n` }] };
  const end = exitCode === 0 ? '' : `[exit code ${exitCode}]\n`;
  return { files: [{ path: `${name}.txt`, text: `$ ${[program, ...args].join(' ')}\n${stdout}${stderr}${end}` }] };
}

/** The last lines of a unit's journal, with times. */
export function journal(unit: string): Collector {
  return command(`journals/${unit}`, 'journalctl', [
    ...['--unit', `${unit}.service`, '--lines', JOURNAL_LINES],
    ...['--output', 'short-iso', '--no-pager'],
  ]);
}

/** A text file, where there is one. */
export function file(name: string, path: string): Collector {
  return {
    name,
    run: async ({ host }) => {
      const text = await host.read(path);
      return { files: text === undefined ? [] : [{ path: `${name}.txt`, text }] };
    },
  };
}

/** The text files right in a folder; a file of keys is not read. */
export function folder(name: string, path: string): Collector {
  return {
    name,
    run: async ({ host }) => {
      const names = (await host.list(path)).filter((entry) => !/\.(key|pem|p12|pfx)$/i.test(entry));
      const texts = await Promise.all(
        names.map(async (entry) => {
          const { type } = (await host.stat(`${path}/${entry}`)) ?? {};
          const text = type === 'file' ? await host.read(`${path}/${entry}`) : undefined;
          return text === undefined ? [] : [{ path: `${name}/${entry}`, text }];
        }),
      );
      return { files: texts.flat(), ...(name === 'cni' && { facts: { cniFiles: names } }) };
    },
  };
}
