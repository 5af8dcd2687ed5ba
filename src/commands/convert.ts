import { BaseCommand } from '../cli/base-command.ts';
import { conversionFlags, conversionSpec } from '../cli/convert/flags.ts';
import { runConvert } from '../cli/convert/run.ts';
import { nodeFlags } from '../cli/flags.ts';

export default class Convert extends BaseCommand {
  static override summary = 'Convert a node that kubeadm has joined into an edge node; roll back if it fails.';
  static override description =
    "Installs yurthub, OpenYurt's edge-hub, in kubeletcertificate mode, waits until it answers, and points the kubelet at it. Pods keep running. If it fails, the node is rolled back; if it is killed, run it again to continue. To roll a converted node back: `edgeadm revert`.";
  static override examples = [
    '<%= config.bin %> convert --edge-hub-program ./yurthub --nodepool shops',
    '<%= config.bin %> convert --host root@10.0.0.11 --edge-hub-image registry.example.com/yurthub:v1.7.0 --nodepool shops --yes',
  ];
  static override flags = { ...nodeFlags, ...conversionFlags };

  async run(): Promise<void> {
    const { flags } = await this.parse(Convert);
    await this.finish(await runConvert(conversionSpec(flags), flags, this.host));
  }
}
