/** The part that answers `--help`: the manifest knows what is requested, so no command is loaded. */
import '../../../src/cli/unlisted-user.ts';
import { run } from '@oclif/core';
import { packedCommands } from './plugin.ts';

export async function start(argv: string[]): Promise<void> {
  await run(argv, {
    ...packedCommands(async (id) => {
      throw new Error(`the manifest has no help for ${id}`);
    }),
    userPlugins: false,
  });
}
