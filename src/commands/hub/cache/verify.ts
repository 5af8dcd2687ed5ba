import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { nonEmptyName } from '../../../cli/flags.ts';
import { lookAtNodes, lookFlags } from '../../../cli/hub/look.ts';
import { usageError } from '../../../errors/usage.ts';
import { table } from '../../../output/table.ts';
import { cachedProgram } from '../../../phases/hub/cache-folder.ts';

export default class HubCacheVerify extends BaseCommand {
  static override summary = 'Check that the edge-hub of a node has cached what a program reads.';
  static override description =
    'Reads the file names in the cache folder of that program on the node. User guide: chapter 8.4, Enable the caching feature of edge-hub.';
  static override examples = [
    '<%= config.bin %> hub cache verify edge-app',
    '<%= config.bin %> hub cache verify edge-app --host root@10.0.0.11',
  ];
  static override args = {
    agent: Args.string({
      required: true,
      parse: nonEmptyName('AGENT'),
      description: 'program, by its User-Agent without version',
    }),
  };
  static override flags = lookFlags;

  async run(): Promise<void> {
    const { flags, args } = await this.parse(HubCacheVerify);
    if (!/^[\w.-]+$/.test(args.agent) || /^\.+$/.test(args.agent))
      throw usageError([`AGENT: "${args.agent}" is not the name of a program`]);
    const result = await lookAtNodes('hub cache verify', flags, this.host, async (machine) => {
      const cached = await cachedProgram(machine, args.agent);
      const rows = cached.resources.map((resource) => ({ agent: cached.agent, cached: resource }));
      return {
        data: { ...cached },
        text: `${table(rows)}\nThe cache is in ${cached.folder}.\n`,
        names: cached.resources.map((resource) => `resource/${resource}`),
      };
    });
    await this.finish(result);
  }
}
