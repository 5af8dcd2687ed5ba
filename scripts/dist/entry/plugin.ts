import { manifest, pjson } from 'packed:manifest';
import type { Command, Interfaces } from '@oclif/core';

/** Where a plug-in of oclif has its files; this one has none. */
const ROOT = '/edgeadm';

type Loader = (id: string) => Promise<Command.Class>;

/** The commands as oclif wants them, with nothing read from a disk: the manifest is part of this script. */
export function packedCommands(load: Loader): { root: string; plugins: Map<string, Interfaces.Plugin> } {
  const commands = Object.values(manifest.commands).map((command) => ({ ...command, load: () => load(command.id) }));
  const plugin = {
    ...{
      _base: '@oclif/core',
      name: pjson.name,
      alias: pjson.name,
      version: pjson.version,
      root: ROOT,
      pjson,
      manifest,
    },
    ...{ type: 'core', moduleType: 'module', isRoot: true, valid: true, hasManifest: true, options: { root: ROOT } },
    ...{ hooks: {}, topics: topicsOf(pjson), commands, commandsDir: undefined },
    commandIDs: commands.map(({ id }) => id),
    findCommand: load,
    load: async () => {},
  };
  return { root: ROOT, plugins: new Map([[pjson.name, plugin as unknown as Interfaces.Plugin]]) };
}

function topicsOf({ oclif }: Interfaces.PJSON): Interfaces.Topic[] {
  return Object.entries(oclif.topics ?? {}).map(([name, topic]) => ({ ...(topic as Interfaces.Topic), name }));
}
