import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { repeatable } from '../../cli/flags.ts';
import { changePoolInService } from '../../cli/nodepool/change-in-service.ts';
import { ramActions, requireClusterId, serviceChangeFlags } from '../../cli/service-change.ts';
import { refuseOtherNodes } from '../../phases/nodepool/named-nodes.ts';

/** Operations that need no argument. Source: the SDK, RepairClusterNodePool. */
const OPERATIONS = ['restart.kubelet', 'restart.docker', 'restart.containerd', 'restart.ntp'] as const;

export default class NodePoolRepair extends BaseCommand {
  static override summary = 'Have the container service repair nodes of a node pool.';
  static override description =
    `Without --operation, the service runs all its repairs. ${ramActions('DescribeClusterNodePools', 'DescribeClusterNodes', 'RepairClusterNodePool', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> nodepool repair shops --node edge1 --operation restart.kubelet --cluster-id c1 --region cn-hangzhou',
  ];
  static override args = { name: Args.string({ required: true, description: 'name or ID of the node pool' }) };
  static override flags = {
    ...serviceChangeFlags,
    node: Flags.string({ ...repeatable, helpValue: 'NAME', description: 'only this node (repeatable); default: all' }),
    operation: Flags.option({
      ...repeatable,
      options: OPERATIONS,
      helpValue: 'OPERATION',
      description: `one of ${OPERATIONS.join(', ')} (repeatable)`,
    })(),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(NodePoolRepair);
    requireClusterId(flags);
    const { node: nodes = [], operation: operations = [] } = flags;
    await this.finish(
      await changePoolInService(flags, args.name, this.host, async (pool, { service, clusterId }) => {
        const { nodepoolId, name } = pool.nodepoolInfo;
        await refuseOtherNodes(nodes, pool, { service, clusterId });
        const what = operations.length > 0 ? operations.join(', ') : 'all repairs of the service';
        return {
          lines: [`${what} on ${nodes.length > 0 ? nodes.join(', ') : 'all nodes'} of the node pool ${name}`],
          what: `node pool ${name} to be repaired`,
          question: `Repair the node pool ${name}?`,
          done: `nodepool/${name} repaired`,
          data: { nodes, operations },
          send: () => service.repairNodePool(clusterId, nodepoolId, { nodes, operations }),
        };
      }),
    );
  }
}
