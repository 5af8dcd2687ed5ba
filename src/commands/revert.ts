import { BaseCommand } from '../cli/base-command.ts';
import { runRevert } from '../cli/convert/run.ts';
import { nodeFlags } from '../cli/flags.ts';

export default class Revert extends BaseCommand {
  static override summary = 'Roll back `edgeadm convert`: restore files, services and labels.';
  static override description =
    'Points the kubelet at the API server, removes yurthub, and restores from the journal what the conversion changed. Pods keep running. If it is killed, run it again to continue.';
  static override examples = ['<%= config.bin %> revert --yes', '<%= config.bin %> revert --host root@10.0.0.11'];
  static override flags = { ...nodeFlags };

  async run(): Promise<void> {
    const { flags } = await this.parse(Revert);
    await this.finish(await runRevert(flags, this.host));
  }
}
