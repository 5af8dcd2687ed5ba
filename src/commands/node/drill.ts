import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { durationOf, nodeFlags } from '../../cli/flags.ts';
import { runDrill } from '../../cli/node/drill.ts';

const LIMIT_MS = 30_000;

export default class NodeDrill extends BaseCommand {
  static override summary = 'Prove that the pods of a node come back after a restart without network.';
  static override description =
    'Cuts the node off from its API server, stops all containers, restarts the edge-hub and the kubelet, and waits until every pod runs again from the cache of the edge-hub, with the same IP address. Pods are interrupted. The network is restored in any case: by a timer on the node if edgeadm is killed, and by the reboot after a power cut. Run it on the node, or with --host. User guide: chapter 8.1, network autonomy.';
  static override examples = [
    '<%= config.bin %> node drill --yes',
    '<%= config.bin %> node drill shop-17 --host root@10.0.0.11 -o json --yes',
  ];
  static override args = {
    node: Args.string({ description: 'name of the node; the drill does not start on any other' }),
  };
  static override flags = {
    ...nodeFlags,
    cut: Flags.option({
      options: ['iptables', 'manual'] as const,
      default: 'iptables',
      description: 'how to cut the node off: with iptables rules, or by hand when edgeadm asks',
    })(),
    'whole-pods': Flags.boolean({
      description: 'also remove the network of the pods, as a reboot does; pod IPs change unless Flannel persists them',
    }),
    reboot: Flags.boolean({
      exclusive: ['cut', 'whole-pods'],
      description: 'reboot the machine, cut off while it boots; run the command again after the boot for the report',
    }),
    limit: Flags.string({
      helpValue: 'DURATION',
      description: 'how long the pods may take after the kubelet starts; default 30s',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NodeDrill);
    const limitMs = durationOf(flags.limit, '--limit') ?? LIMIT_MS;
    const spec = { node: args.node, cut: flags.cut, reboot: flags.reboot, wholePods: flags['whole-pods'], limitMs };
    await this.finish(await runDrill(spec, flags, this.host));
  }
}
