import { BaseCommand } from '../../cli/base-command.ts';
import { listFlag } from '../../cli/flags.ts';
import { poolSourceFlags, poolSourceOf, refusePoolSource, withNodePools } from '../../cli/nodepool/pools.ts';
import { poolsInUse, poolTable, shownPool } from '../../cli/nodepool/tables.ts';
import { ramActions } from '../../cli/service-change.ts';
import { usageError } from '../../errors/usage.ts';

export default class NodePoolList extends BaseCommand {
  static override summary = 'List the node pools of a cluster.';
  static override description =
    `With --cluster-id, ${ramActions('DescribeClusterNodePools', 'DescribeClusterNodes', 'DescribeClusterDetail', 'DescribeClusterUserKubeconfig')}`;
  static override examples = ['<%= config.bin %> nodepool list --cluster-id c1 --region cn-hangzhou'];
  static override flags = { ...poolSourceFlags, ...listFlag };

  async run(): Promise<void> {
    const { raw, ...parsed } = await this.parse(NodePoolList);
    const flags = poolSourceOf(parsed.flags, raw);
    const mistakes = refusePoolSource(flags);
    if (mistakes.length > 0) throw usageError(mistakes);
    this.openOutput({ looksOnly: true });
    const shown = await withNodePools(flags, async (pools) => {
      const found = await poolsInUse(pools);
      return { where: pools.where, pools: found.pools.map((pool) => shownPool(pool, found)) };
    });
    const source = `\nThese are the node pools of ${shown.where}.\n`;
    await this.show({
      data: shown.pools,
      text: poolTable(shown.pools) + source,
      names: shown.pools.map(({ name }) => `nodepool/${name}`),
      wide: poolTable(shown.pools, true) + source,
    });
  }
}
