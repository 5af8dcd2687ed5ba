import { Args } from '@oclif/core';
import { deleteSandboxNode } from '../../../../sandbox/nodes.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { folderOf, sandboxFlags } from '../../../cli/sandbox/flags.ts';

export default class SandboxNodeDelete extends BaseCommand {
  static override summary = 'Delete a node with its folder and its Node object.';
  static override examples = ['<%= config.bin %> sandbox node delete edge1'];
  static override args = { name: Args.string({ required: true, description: 'host name of the machine' }) };
  static override flags = sandboxFlags;

  async run(): Promise<void> {
    const { flags, args } = await this.parse(SandboxNodeDelete);
    await deleteSandboxNode(folderOf(flags), args.name);
    await this.finish({ ok: true, hosts: [], data: { name: args.name }, text: `node "${args.name}" deleted\n` });
  }
}
