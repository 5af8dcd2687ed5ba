import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { listFlag, repeatable } from '../../cli/flags.ts';
import { nodesOfService, serviceNodeTable } from '../../cli/node/service-nodes.ts';
import { ramActions, requireClusterId, serviceFlags, withService } from '../../cli/service-change.ts';

export default class NodeList extends BaseCommand {
  static override summary = 'List the nodes of a cluster of the container service, cloud nodes and edge nodes.';
  static override description = ramActions('DescribeClusterNodes', 'DescribeClusterNodePools');
  static override examples = [
    '<%= config.bin %> node list --cluster-id c1 --region cn-hangzhou',
    '<%= config.bin %> node list --cluster-id c1 --region cn-hangzhou --status NotReady -o name',
  ];
  static override flags = {
    ...serviceFlags,
    ...listFlag,
    nodepool: Flags.string({ helpValue: 'NAME', description: 'only nodes of this node pool' }),
    status: Flags.string({
      ...repeatable,
      helpValue: 'STATUS',
      description: 'only nodes of this status, such as NotReady or Offline (repeatable)',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(NodeList);
    const id = requireClusterId(flags);
    this.openOutput({ looksOnly: true });
    const words = flags.status?.map((each) => each.toLowerCase());
    const all = await withService(flags, (service) => nodesOfService(service, id));
    const nodes = all
      .filter(({ pool }) => flags.nodepool === undefined || pool === flags.nodepool)
      .filter(({ status }) => words === undefined || words.includes(status.toLowerCase()));
    await this.show({
      data: nodes,
      text: serviceNodeTable(nodes),
      wide: serviceNodeTable(nodes, true),
      names: nodes.map(({ name }) => `node/${name}`),
    });
  }
}
