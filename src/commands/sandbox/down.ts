import { stopSandbox } from '../../../sandbox/background.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { folderOf, sandboxFlags } from '../../cli/sandbox/flags.ts';

export default class SandboxDown extends BaseCommand {
  static override summary = 'End the sandbox; what is in it is kept.';
  static override examples = ['<%= config.bin %> sandbox down'];
  static override flags = sandboxFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxDown);
    const stopped = await stopSandbox(folderOf(flags));
    const text = stopped ? 'The sandbox has ended; its state is kept.\n' : 'The sandbox does not run.\n';
    await this.finish({ ok: true, hosts: [], data: { stopped }, text });
  }
}
