import { sandboxEnvironment } from '../../../sandbox/environment.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { folderOf, sandboxFlags } from '../../cli/sandbox/flags.ts';

export default class SandboxEnv extends BaseCommand {
  static override summary = 'Print the environment that points edgeadm, kubectl and cloud SDKs at the sandbox.';
  static override examples = ['eval "$(<%= config.bin %> sandbox env)"'];
  static override flags = sandboxFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxEnv);
    const { variables, shell } = await sandboxEnvironment(folderOf(flags));
    await this.finish({ ok: true, hosts: [], data: variables, text: shell, reveal: true });
  }
}
