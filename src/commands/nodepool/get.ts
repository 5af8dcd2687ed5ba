import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { listFlag } from '../../cli/flags.ts';
import { poolSourceFlags, poolSourceOf, refusePoolSource, withNodePools } from '../../cli/nodepool/pools.ts';
import { poolDetails, poolsInUse, shownPool } from '../../cli/nodepool/tables.ts';
import { ramActions } from '../../cli/service-change.ts';
import { poolNamed } from '../../config/node-pool.ts';
import { usageError } from '../../errors/usage.ts';

export default class NodePoolGet extends BaseCommand {
  static override summary = 'Show a node pool and its nodes, and check that it works.';
  static override description =
    `An enhanced node pool needs two Ready amd64 nodes with egw-core, egw-helper on each node, and annotations that were not edited. With --cluster-id, ${ramActions('DescribeClusterNodePools', 'DescribeClusterNodes', 'DescribeClusterDetail', 'DescribeClusterUserKubeconfig')}`;
  static override examples = ['<%= config.bin %> nodepool get shops --kubeconfig admin.conf'];
  static override args = { name: Args.string({ required: true, description: 'name or ID of the node pool' }) };
  static override flags = { ...poolSourceFlags, ...listFlag };

  async run(): Promise<void> {
    const { raw, args, ...parsed } = await this.parse(NodePoolGet);
    const flags = poolSourceOf(parsed.flags, raw);
    const mistakes = refusePoolSource(flags);
    if (mistakes.length > 0) throw usageError(mistakes);
    this.openOutput({ looksOnly: true });
    const shown = await withNodePools(flags, async (pools) => {
      const found = await poolsInUse(pools);
      return shownPool(poolNamed(found.pools, args.name, pools.where), found);
    });
    await this.show({ data: shown, text: poolDetails(shown), names: [`nodepool/${shown.name}`] });
  }
}
