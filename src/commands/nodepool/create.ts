import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { confirm } from '../../cli/confirmation.ts';
import { nodeFlags } from '../../cli/flags.ts';
import { enhancedConnections } from '../../cli/nodepool/connections.ts';
import { type CreateFlags, createFlags, poolRequestOf } from '../../cli/nodepool/flags.ts';
import { planOf } from '../../cli/nodepool/plan.ts';
import { logOf, poolSourceFlags, poolSourceOf, refusePoolSource, withNodePools } from '../../cli/nodepool/pools.ts';
import { askForMissing } from '../../cli/nodepool/prompts.ts';
import { hasTerminal } from '../../cli/prompts.ts';
import { ramActions } from '../../cli/service-change.ts';
import type { NodePoolSpec } from '../../config/node-pool.ts';
import { missingIn, refusePoolRequest } from '../../config/nodepool-rules.ts';
import { usageError } from '../../errors/usage.ts';
import { createNodePool } from '../../phases/nodepool/create.ts';

export default class NodePoolCreate extends BaseCommand {
  static override summary = 'Create an edge node pool: basic, enhanced or private.';
  static override description =
    `The command is idempotent. On a terminal it asks for missing values. See docs/nodepool.md. With --cluster-id, ${ramActions('DescribeClusterNodePools', 'DescribeClusterNodes', 'DescribeClusterDetail', 'DescribeClusterUserKubeconfig', 'CreateClusterNodePool', 'DescribeTaskInfo')} For an enhanced pool, with --region, ${ramActions('cen:DescribeCens', 'cen:DescribeCenAttachedChildInstances', 'smartag:DescribeCloudConnectNetworks', 'vpc:DescribeVpcs')}`;
  static override examples = [
    '<%= config.bin %> nodepool create shops --cluster-id c1 --region cn-hangzhou --max-nodes 20',
    '<%= config.bin %> nodepool create video --kubeconfig admin.conf --mode enhanced --max-nodes 10 --cen-id cen-1 --ccn-id ccn-1 --ccn-region cn-shanghai --vpc-cidr 192.168.0.0/16',
  ];
  static override args = { name: Args.string({ description: 'name of the node pool' }) };
  static override flags = {
    ...poolSourceFlags,
    ...createFlags,
    'dry-run': nodeFlags['dry-run'],
    yes: nodeFlags.yes,
  };

  async run(): Promise<void> {
    const { raw, args, ...parsed } = await this.parse(NodePoolCreate);
    const flags = poolSourceOf(parsed.flags, raw);
    const dryRun = flags['dry-run'];
    const mayAsk = hasTerminal() && !flags.yes && flags.output === 'text';
    const spec = await specOf(args.name, flags, { mayAsk, mistakes: refusePoolSource(flags) });
    const output = this.openOutput({ looksOnly: true });
    const log = logOf(output, 'nodepool create');
    const { 'vpc-cidr': vpcCidrs = [], 'node-cidr': nodeCidrs = [] } = flags;
    const connections = spec.mode === 'enhanced' ? await enhancedConnections(spec, flags) : undefined;
    let plan: readonly string[] = [];
    const { outcome, pool } = await withNodePools(flags, (pools, signal) =>
      createNodePool(pools, {
        spec,
        vpcCidrs,
        nodeCidrs,
        connections,
        dryRun,
        warn: (message) => log.warning(message),
        approve: async (change) => {
          plan = planOf(spec, change);
          log.info(`Plan for ${pools.where}: ${plan.join('; ')}.`);
          // A pool costs nothing: scripts create it without --yes, and read the one line on standard output.
          const question = `Create the node pool ${spec.name}?`;
          await confirm(question, { output, signal, yes: flags.yes || dryRun, unattended: true, argv: this.host.argv });
        },
      }),
    );
    const done = dryRun && outcome !== 'unchanged' ? `would be ${outcome} (dry run)` : outcome;
    await this.finish({
      ok: true,
      hosts: [],
      data: { outcome, plan, dryRun, pool },
      text: `nodepool/${spec.name} ${done}\n`,
    });
  }
}

/** @throws EdgeadmError USAGE with all that is missing or wrong */
async function specOf(
  name: string | undefined,
  flags: CreateFlags,
  { mayAsk, mistakes }: { readonly mayAsk: boolean; readonly mistakes: string[] },
): Promise<NodePoolSpec> {
  const said = poolRequestOf(name, flags, (mistake) => mistakes.push(mistake));
  mistakes.push(...refusePoolRequest(said));
  // No prompts for the rest of a command line that cannot be used anyway.
  const { mode = 'basic', ...wanted } = mayAsk && mistakes.length === 0 ? await askForMissing(said) : said;
  const missing = missingIn({ ...wanted, mode }).map(({ flag, why }) => `${flag} is required: ${why}`);
  const all = [...mistakes, ...missing];
  if (all.length > 0) throw usageError(all);
  return { ...wanted, mode } as NodePoolSpec;
}
