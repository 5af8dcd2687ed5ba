import type { Command } from '@oclif/core';

/** How a command is called, in one line: what it needs by name, all else as `[FLAGS]`. */
export function usageOf({
  id,
  args,
  flags,
  strict,
}: Pick<Command.Loadable, 'id' | 'args' | 'flags' | 'strict'>): string {
  const names = Object.values(args)
    .filter(({ hidden }) => !hidden)
    .map(({ name, required }, i, all) => {
      const shown = `${name.toUpperCase()}${strict === false && i === all.length - 1 ? '...' : ''}`;
      return required ? shown : `[${shown}]`;
    });
  const needed = Object.values(flags)
    .filter(({ hidden, required }) => required && !hidden)
    .map((flag) => `--${flag.name} ${placeholderOf(flag)}`);
  return ['edgeadm', id.replaceAll(':', ' '), ...names, ...needed, '[FLAGS]'].join(' ');
}

/** What stands for the value of a flag; nothing if it takes none. */
export function placeholderOf(flag: Command.Flag.Any): string {
  if (flag.type !== 'option') return '';
  return String(flag.helpValue ?? flag.options?.join('|') ?? flag.name.toUpperCase());
}
