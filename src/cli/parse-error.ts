import { EdgeadmError, toEdgeadmError } from '../errors/index.ts';

interface OclifError extends Error {
  readonly oclif?: { readonly exit?: number };
  readonly code?: string;
}

/**
 * The error to show for whatever a command threw: oclif's own complaints about the command line are USAGE.
 * @returns undefined where nothing went wrong (`--help`, `--version`)
 */
export function toCommandError(thrown: Error): EdgeadmError | undefined {
  if (thrown instanceof EdgeadmError) return thrown;
  // inquirer's, for Ctrl-C at a question.
  if (thrown.name === 'ExitPromptError')
    return new EdgeadmError({ code: 'INTERRUPTED', what: 'interrupted at a question', why: 'nothing was changed' });
  const { oclif, code } = thrown as OclifError;
  if (oclif?.exit === 0 || code === 'EEXIT') return undefined;
  if (oclif?.exit === undefined) return toEdgeadmError(thrown);
  const [what = '', ...why] = thrown.message.trim().split('\n');
  return new EdgeadmError({
    code: 'USAGE',
    // oclif's own separator, which nobody types
    what: what.trim().replace(/^command \S+/, (id) => id.replaceAll(':', ' ')),
    why:
      why
        .map((line) => line.trim())
        .filter((line) => line && line !== 'See more help with --help')
        .join('\n') || undefined,
    cause: thrown,
  });
}
