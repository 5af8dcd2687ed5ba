import type { CheckContext } from './context.ts';

/** What an earlier run of edgeadm on this node holds: on a re-run that is not an obstacle. */
export interface OwnState {
  /** True if an earlier join was begun and not yet reset. */
  readonly rerun: boolean;
  /** True if edgeadm wrote the file or folder, or claimed the folder above it. */
  owns(path: string): boolean;
}

export async function ownState({ node }: Pick<CheckContext, 'node'>): Promise<OwnState> {
  const { journal } = node;
  return {
    rerun: (await node.membership()) !== undefined || journal.hasChanges,
    owns: (path) => journal.owns(path),
  };
}
