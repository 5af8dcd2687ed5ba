import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { repeatable } from '../../cli/flags.ts';
import { removeByService } from '../../cli/node/remove.ts';
import { ramActions, requireClusterId, serviceChangeFlags } from '../../cli/service-change.ts';

export default class NodeRemove extends BaseCommand {
  static override summary = 'Remove nodes, including unreachable ones, from a cluster of the container service.';
  static override description =
    `Their pods move to other nodes or stop: back up their data, and choose off-peak hours. Edge nodes need \`edgeadm reset\` afterwards. ${ramActions('DescribeClusterNodes', 'DescribeClusterNodePools', 'DeleteClusterNodes', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> node remove edge1 edge2 --cluster-id c1 --region cn-hangzhou',
    '<%= config.bin %> node remove cn-hangzhou.i-bp1 --drain --release --cluster-id c1 --region cn-hangzhou',
  ];
  static override strict = false;
  static override args = { name: Args.string({ description: 'names of the nodes' }) };
  static override flags = {
    ...serviceChangeFlags,
    nodepool: Flags.string({ helpValue: 'NAME', description: 'all nodes of this node pool' }),
    status: Flags.string({
      ...repeatable,
      helpValue: 'STATUS',
      description: 'only nodes of this status, such as NotReady or Offline; with --nodepool (repeatable)',
    }),
    drain: Flags.boolean({ default: false, description: 'drain the nodes first; only if all are cloud nodes' }),
    release: Flags.boolean({
      default: false,
      description: 'release the instances; only if all are cloud nodes and pay-as-you-go. Their data is lost',
    }),
    'ignore-not-found': Flags.boolean({
      default: false,
      description: 'names that are not in the cluster count as removed',
    }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(NodeRemove);
    const names = argv as string[];
    const { nodepool, status = [] } = flags;
    requireClusterId(flags, [
      ...(names.length > 0 === (nodepool !== undefined) ? ['give either names of nodes or --nodepool'] : []),
      ...(status.length > 0 && nodepool === undefined ? ['--status needs --nodepool'] : []),
    ]);
    await this.finish(await removeByService(flags, names, this.host));
  }
}
