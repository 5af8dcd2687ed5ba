import { Args } from '@oclif/core';
import { requireSandbox } from '../../../sandbox/folder.ts';
import { KINDS, listObjects, RESOURCE_PATHS } from '../../../sandbox/list-objects.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { listFlag } from '../../cli/flags.ts';
import { folderOf, sandboxFlags } from '../../cli/sandbox/flags.ts';
import { table } from '../../output/table.ts';

export default class SandboxGet extends BaseCommand {
  static override summary = 'Show objects of the cluster as `kubectl get` does, for machines without kubectl.';
  static override examples = ['<%= config.bin %> sandbox get nodes', '<%= config.bin %> sandbox get pods'];
  static override args = { resource: Args.string({ required: true, options: Object.keys(RESOURCE_PATHS) }) };
  static override flags = { ...sandboxFlags, ...listFlag };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(SandboxGet);
    const folder = folderOf(flags);
    await requireSandbox(folder);
    const resource = args.resource as keyof typeof RESOURCE_PATHS;
    const rows = await listObjects(folder, resource, this.wide);
    const text = rows.length === 0 ? `No ${args.resource} found.\n` : table(rows);
    await this.show({ data: rows, text, names: rows.map(({ Name }) => `${KINDS[resource]}/${Name}`) });
  }
}
