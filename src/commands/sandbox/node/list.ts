import { listSandboxNodes } from '../../../../sandbox/nodes.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { listFlag } from '../../../cli/flags.ts';
import { folderOf, sandboxFlags } from '../../../cli/sandbox/flags.ts';
import { table } from '../../../output/table.ts';

export default class SandboxNodeList extends BaseCommand {
  static override summary = 'List the nodes of the sandbox.';
  static override examples = ['<%= config.bin %> sandbox node list'];
  static override flags = { ...sandboxFlags, ...listFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxNodeList);
    const nodes = await listSandboxNodes(folderOf(flags));
    await this.show({
      data: nodes,
      text: table(nodes.map((node) => ({ ...node }))) || 'No nodes found.\n',
      names: nodes.map(({ name }) => `node/${name}`),
    });
  }
}
