import { forgetSandbox, stopSandbox } from '../../../sandbox/background.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { confirm } from '../../cli/confirmation.ts';
import { nodeFlags } from '../../cli/flags.ts';
import { folderOf, sandboxFlags } from '../../cli/sandbox/flags.ts';

export default class SandboxReset extends BaseCommand {
  static override summary = 'Delete the sandbox and its data, including its nodes.';
  static override description = 'Stops the sandbox first if it is running. The next one starts empty, with a new CA.';
  static override examples = ['<%= config.bin %> sandbox reset --yes'];
  static override flags = { ...sandboxFlags, yes: nodeFlags.yes };

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxReset);
    const folder = folderOf(flags);
    await confirm(`Delete the sandbox in ${folder.path}, including its nodes?`, {
      output: this.openOutput({ looksOnly: true }),
      yes: flags.yes,
      argv: this.host.argv,
    });
    const stopped = await stopSandbox(folder);
    await forgetSandbox(folder);
    const text = `${stopped ? 'The sandbox has stopped. ' : ''}The data in ${folder.path} is deleted.\n`;
    await this.finish({ ok: true, hosts: [], data: { stopped, folder: folder.path }, text });
  }
}
