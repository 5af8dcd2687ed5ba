import { requireSandbox } from '../../../sandbox/folder.ts';
import { listSandboxNodes } from '../../../sandbox/nodes.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { listFlag } from '../../cli/flags.ts';
import { folderOf, sandboxFlags } from '../../cli/sandbox/flags.ts';
import { describeSandbox } from '../../cli/sandbox/text.ts';
import { shownTime } from '../../lib/shown-time.ts';
import { table } from '../../output/table.ts';

export default class SandboxStatus extends BaseCommand {
  static override summary = 'Show whether the sandbox is running, its addresses and its nodes.';
  static override description = 'Exit code 1 if it is not running.';
  static override examples = ['<%= config.bin %> sandbox status', '<%= config.bin %> sandbox status -o json'];
  static override flags = { ...sandboxFlags, ...listFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxStatus);
    const folder = folderOf(flags);
    const [state, nodes] = await Promise.all([requireSandbox(folder), listSandboxNodes(folder)]);
    const lines = [
      `Running since ${shownTime(state.started)}, process ${state.pid}`,
      ...describeSandbox(folder, state),
      '',
      nodes.length === 0
        ? 'No nodes: edgeadm sandbox node create NAME'
        : table(nodes.map((node) => ({ ...node }))).trimEnd(),
    ];
    const data = { ...state, folder: folder.path, nodes };
    await this.show({ data, text: `${lines.join('\n')}\n`, names: [`cluster/${state.cluster.id}`] });
  }
}
