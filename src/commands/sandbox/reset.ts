import { forgetSandbox, stopSandbox } from '../../../sandbox/background.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { folderOf, sandboxFlags } from '../../cli/sandbox/flags.ts';

export default class SandboxReset extends BaseCommand {
  static override summary = 'Delete the sandbox with its nodes and data.';
  static override description = 'A running sandbox is stopped first. The next one starts empty, with another CA.';
  static override examples = ['<%= config.bin %> sandbox reset'];
  static override flags = sandboxFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxReset);
    const folder = folderOf(flags);
    const stopped = await stopSandbox(folder);
    await forgetSandbox(folder);
    const text = `${stopped ? 'The sandbox is stopped. ' : ''}Its data in ${folder.path} is deleted.\n`;
    await this.finish({ ok: true, hosts: [], data: { stopped, folder: folder.path }, text });
  }
}
