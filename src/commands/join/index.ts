import { BaseCommand } from '../../cli/base-command.ts';
import { joinArgs, joinFlags } from '../../cli/join/flags.ts';
import { runJoin } from '../../cli/join/run.ts';

export default class Join extends BaseCommand {
  static override summary = 'Join this machine, or others over SSH, to an edge cluster.';
  static override description =
    'The command is idempotent: run it again at any time, and it does only what is missing. If it fails, it rolls back the node.';
  static override examples = [
    '<%= config.bin %> join 10.0.0.1:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:HEX --bundle ./bundle',
    'EDGEADM_TOKEN=abcdef.0123456789abcdef <%= config.bin %> join 10.0.0.1 --config join.yaml --dry-run',
    '<%= config.bin %> join 10.0.0.1 --config join.yaml --host root@10.0.0.11 --host root@10.0.0.12',
  ];
  static override args = joinArgs;
  static override flags = joinFlags;

  async run(): Promise<void> {
    const { flags, args } = await this.parse(Join);
    await this.finish(await runJoin({ flags, server: args['api-server'] }, this.host));
  }
}
