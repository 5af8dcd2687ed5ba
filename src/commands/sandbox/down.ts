import { stopSandbox } from '../../../sandbox/background.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { folderOf, sandboxFlags } from '../../cli/sandbox/flags.ts';

export default class SandboxDown extends BaseCommand {
  static override summary = 'Stop the sandbox and keep its data.';
  static override examples = ['<%= config.bin %> sandbox down'];
  static override flags = sandboxFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxDown);
    const stopped = await stopSandbox(folderOf(flags));
    const text = stopped ? 'The sandbox is stopped; its data is kept.\n' : 'The sandbox is not running.\n';
    await this.finish({ ok: true, hosts: [], data: { stopped }, text });
  }
}
