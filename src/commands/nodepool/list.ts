import { BaseCommand } from '../../cli/base-command.ts';
import { listFlag } from '../../cli/flags.ts';
import { poolSourceFlags, poolSourceOf, refusePoolSource, withNodePools } from '../../cli/nodepool/pools.ts';
import { poolTable, shownPool } from '../../cli/nodepool/tables.ts';
import { usageError } from '../../errors/usage.ts';

export default class NodePoolList extends BaseCommand {
  static override summary = 'List the node pools of a cluster.';
  static override examples = ['<%= config.bin %> nodepool list --cluster-id c1 --region cn-hangzhou'];
  static override flags = { ...poolSourceFlags, ...listFlag };

  async run(): Promise<void> {
    const { raw, ...parsed } = await this.parse(NodePoolList);
    const flags = poolSourceOf(parsed.flags, raw);
    const mistakes = refusePoolSource(flags);
    if (mistakes.length > 0) throw usageError(mistakes);
    this.openOutput({ looksOnly: true });
    const shown = await withNodePools(flags, async (pools) => {
      const [list, nodes] = await Promise.all([pools.list(), pools.nodes()]);
      return { where: pools.where, pools: list.map((pool) => shownPool(pool, nodes)) };
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
