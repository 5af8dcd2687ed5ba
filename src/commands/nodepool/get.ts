import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { listFlag } from '../../cli/flags.ts';
import { poolSourceFlags, poolSourceOf, refusePoolSource, withNodePools } from '../../cli/nodepool/pools.ts';
import { poolDetails, shownPool } from '../../cli/nodepool/tables.ts';
import { poolNamed } from '../../config/node-pool.ts';
import { usageError } from '../../errors/usage.ts';

export default class NodePoolGet extends BaseCommand {
  static override summary = 'Show a node pool, its nodes, and whether it works.';
  static override description = 'An enhanced node pool needs at least two Ready amd64 nodes.';
  static override examples = ['<%= config.bin %> nodepool get shops --kubeconfig admin.conf'];
  static override args = { name: Args.string({ required: true, description: 'name or id of the node pool' }) };
  static override flags = { ...poolSourceFlags, ...listFlag };

  async run(): Promise<void> {
    const { raw, args, ...parsed } = await this.parse(NodePoolGet);
    const flags = poolSourceOf(parsed.flags, raw);
    const mistakes = refusePoolSource(flags);
    if (mistakes.length > 0) throw usageError(mistakes);
    this.openOutput({ looksOnly: true });
    const shown = await withNodePools(flags, async (pools) => {
      const [list, nodes] = await Promise.all([pools.list(), pools.nodes()]);
      return shownPool(poolNamed(list, args.name, pools.where), nodes);
    });
    await this.show({ data: shown, text: poolDetails(shown), names: [`nodepool/${shown.name}`] });
  }
}
