import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { durationOf, nodeFlags } from '../../cli/flags.ts';
import { runDrill } from '../../cli/node/drill.ts';

const LIMIT_MS = 30_000;

export default class NodeDrill extends BaseCommand {
  static override summary = 'Prove that the pods of a node come back after a restart without network.';
  static override description =
    'Cuts the node off from its API server, stops all containers, restarts the edge-hub and the kubelet, and waits until every pod runs again from the cache of the edge-hub, with its address. Pods are interrupted. The network is restored whatever happens: if edgeadm is killed, a timer on the node does it, and a power cut ends the drill. Run it on the node, or with --host. User guide: chapter 8.1, network autonomy.';
  static override examples = [
    '<%= config.bin %> node drill --yes',
    '<%= config.bin %> node drill shop-17 --host root@10.0.0.11 -o json --yes',
  ];
  static override args = {
    node: Args.string({ description: 'name of the node: another machine is not touched' }),
  };
  static override flags = {
    ...nodeFlags,
    cut: Flags.option({
      options: ['iptables', 'manual'] as const,
      default: 'iptables',
      description: 'how the node is cut off: by rules on the node, or by you when you are asked',
    })(),
    'whole-pods': Flags.boolean({
      description: "take away the pods' network too, as a reboot does; without flannel's persistence addresses change",
    }),
    reboot: Flags.boolean({
      exclusive: ['cut', 'whole-pods'],
      description: 'reboot the machine, cut off while it boots; run the command again after the boot for the report',
    }),
    limit: Flags.string({
      helpValue: 'DURATION',
      description: 'how long the pods may take from the start of the kubelet; default 30s',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NodeDrill);
    const limitMs = durationOf(flags.limit, '--limit') ?? LIMIT_MS;
    const spec = { node: args.node, cut: flags.cut, reboot: flags.reboot, wholePods: flags['whole-pods'], limitMs };
    await this.finish(await runDrill(spec, flags, this.host));
  }
}
