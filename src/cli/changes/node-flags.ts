import { Args, Flags } from '@oclif/core';
import type { NodeQuery } from '../../phases/node/chosen-nodes.ts';
import { nonEmptyName } from '../flags.ts';

/** Which nodes: by name, by label or by pool. */
export const nodeChoiceFlags = {
  selector: Flags.string({
    char: 'l',
    helpValue: 'SELECTOR',
    parse: nonEmptyName('--selector'),
    description: 'only nodes with these labels',
  }),
  nodepool: Flags.string({
    helpValue: 'NAME',
    parse: nonEmptyName('--nodepool'),
    description: 'only nodes of this pool',
  }),
};

/** Shown in the usage; the names are read from `argv`, since there may be any number of them. */
export const nodeArgs = { node: Args.string({ description: 'names of nodes; default: all that match the flags' }) };

/** @param argv arguments that are not flags */
export function nodeQueryOf(
  argv: readonly unknown[],
  { selector, nodepool }: { readonly selector?: string; readonly nodepool?: string },
): NodeQuery {
  return { names: [...new Set(argv.map(String))], selector, nodepool };
}
