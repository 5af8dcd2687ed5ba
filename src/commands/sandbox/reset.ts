import { forgetSandbox, stopSandbox } from '../../../sandbox/background.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { folderOf, sandboxFlags } from '../../cli/sandbox/flags.ts';

export default class SandboxReset extends BaseCommand {
  static override summary = 'Forget everything that is in the sandbox, its nodes too.';
  static override description = 'A sandbox that runs is ended first. The next one begins anew, with another CA.';
  static override examples = ['<%= config.bin %> sandbox reset'];
  static override flags = sandboxFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxReset);
    const folder = folderOf(flags);
    const stopped = await stopSandbox(folder);
    await forgetSandbox(folder);
    const text = `${stopped ? 'The sandbox has ended. ' : ''}Its state in ${folder.path} is gone.\n`;
    await this.finish({ ok: true, hosts: [], data: { stopped, folder: folder.path }, text });
  }
}
