import { BaseCommand } from '../../cli/base-command.ts';
import { joinArgs, joinFlags } from '../../cli/join/flags.ts';
import { runJoin } from '../../cli/join/run.ts';

export default class Join extends BaseCommand {
  static override summary = 'Turn this machine, or others over SSH, into a node of an edge cluster.';
  static override description =
    'The same line may be run again at any time: it does what is missing and nothing else. When it fails, the node is put back as it was.';
  static override examples = [
    '<%= config.bin %> join 10.0.0.1:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:HEX --bundle ./bundle',
    'EDGEADM_TOKEN=abcdef.0123456789abcdef <%= config.bin %> join 10.0.0.1 --config join.yaml --dry-run',
    '<%= config.bin %> join 10.0.0.1 --config join.yaml --host root@10.0.0.11 --host root@10.0.0.12',
  ];
  static override args = joinArgs;
  static override flags = joinFlags;

  async run(): Promise<void> {
    const { flags, args } = await this.parse(Join);
    await this.finish(await runJoin({ flags, server: args.server }, this.host));
  }
}
