import { BaseCommand } from '../cli/base-command.ts';
import { nodeFlags } from '../cli/flags.ts';
import { upgradeFlags, upgradeSpec } from '../cli/upgrade/flags.ts';
import { runUpgrade } from '../cli/upgrade/run.ts';

export default class Upgrade extends BaseCommand {
  static override summary = 'Upgrade a node to a newer version of Kubernetes; roll back if the upgrade fails.';
  static override description =
    'Upgrade the control plane first, then run this on the node, or over SSH with --host. If the upgrade fails, the node is rolled back to the previous version; if the command is killed, run it again to continue.';
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
