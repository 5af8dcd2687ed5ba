import { BaseCommand } from '../cli/base-command.ts';
import { nodeFlags } from '../cli/flags.ts';
import { upgradeFlags, upgradeSpec } from '../cli/upgrade/flags.ts';
import { runUpgrade } from '../cli/upgrade/run.ts';

export default class Upgrade extends BaseCommand {
  static override summary = 'Take a node to a newer version of Kubernetes, or leave it as it was.';
  static override description =
    'Run it on the node, or with --host over SSH, after the control plane was upgraded. When it fails, the version before runs again; when it was killed, the same command goes on.';
  static override examples = [
    '<%= config.bin %> upgrade --target-version 1.20.3 --bundle /opt/bundle-1.20.3',
    '<%= config.bin %> upgrade --host root@10.0.0.11 --bundle https://example.com/1.20.3 --kubeconfig admin.conf --drain',
  ];
  static override flags = { ...nodeFlags, ...upgradeFlags };

  async run(): Promise<void> {
    const { flags } = await this.parse(Upgrade);
    await this.finish(await runUpgrade(upgradeSpec(flags), flags, this.host));
  }
}
