import { Flags } from '@oclif/core';
import { type SandboxFolder, sandboxFolder } from '../../../sandbox/folder.ts';

/** Flags of every sandbox command. */
export const sandboxFlags = {
  dir: Flags.string({
    helpValue: 'DIR',
    description: 'folder of the sandbox; default: edgeadm/sandbox in $XDG_STATE_HOME or ~/.local/state',
  }),
};

export function folderOf(flags: { readonly dir?: string }): SandboxFolder {
  return sandboxFolder(flags.dir);
}
