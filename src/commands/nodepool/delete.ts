import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { confirm } from '../../cli/confirmation.ts';
import { nodeFlags } from '../../cli/flags.ts';
import { poolSourceFlags, poolSourceOf, refusePoolSource, withNodePools } from '../../cli/nodepool/pools.ts';
import { ramActions } from '../../cli/service-change.ts';
import { usageError } from '../../errors/usage.ts';
import { deletablePool } from '../../phases/nodepool/delete.ts';

export default class NodePoolDelete extends BaseCommand {
  static override summary = 'Delete a node pool that has no nodes.';
  static override description =
    `With --cluster-id, ${ramActions('DescribeClusterNodePools', 'DescribeClusterNodes', 'DescribeClusterDetail', 'DescribeClusterUserKubeconfig', 'DeleteClusterNodepool', 'DescribeTaskInfo')}`;
  static override examples = ['<%= config.bin %> nodepool delete shops --cluster-id c1 --region cn-hangzhou --yes'];
  static override args = { name: Args.string({ required: true, description: 'name or ID of the node pool' }) };
  static override flags = { ...poolSourceFlags, 'dry-run': nodeFlags['dry-run'], yes: nodeFlags.yes };

  async run(): Promise<void> {
    const { raw, args, ...parsed } = await this.parse(NodePoolDelete);
    const flags = poolSourceOf(parsed.flags, raw);
    const mistakes = refusePoolSource(flags);
    if (mistakes.length > 0) throw usageError(mistakes);
    const output = this.openOutput({ looksOnly: true });
    const dryRun = flags['dry-run'];
    const pool = await withNodePools(flags, async (pools) => {
      const found = await deletablePool(pools, args.name);
      await confirm(`Delete the node pool ${found.name} of ${pools.where}?`, {
        output,
        yes: flags.yes || dryRun,
        argv: this.host.argv,
      });
      if (!dryRun) await pools.delete(found);
      return found;
    });
    const outcome = dryRun ? 'would be deleted (dry run)' : 'deleted';
    await this.finish({ ok: true, hosts: [], data: { pool, dryRun }, text: `nodepool/${pool.name} ${outcome}\n` });
  }
}
