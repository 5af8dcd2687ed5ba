import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { clusterArg, namedCluster } from '../../cli/cluster/flags.ts';
import { resourceTable } from '../../cli/cluster/text.ts';
import { repeatable } from '../../cli/flags.ts';
import { changeInService, ramActions, type ServicePlan, serviceChangeFlags } from '../../cli/service-change.ts';
import type { CloudCluster } from '../../cloud/actions/clusters.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { usageError } from '../../errors/usage.ts';
import { count } from '../../lib/count.ts';
import { deleteCluster } from '../../phases/cluster/changes.ts';
import { choiceOf, clusterDeletion, RESOURCE_TYPES } from '../../phases/cluster/deletion.ts';
import { clusterNamed } from '../../phases/cluster/find.ts';

type DeletionPlan = ServicePlan & { readonly cluster?: CloudCluster };

export default class ClusterDelete extends BaseCommand {
  static override summary = 'Delete a cluster of the container service, and the resources it bought.';
  static override description =
    `First shows what will be deleted and what stays. If a deletion is in progress, it waits for that one. ${ramActions('DeleteCluster', 'DescribeClusterResources', 'DescribeClusterDetail', 'DescribeClustersForRegion', 'DescribeClusterNodes', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> cluster delete shops --region cn-hangzhou',
    '<%= config.bin %> cluster delete shops --region cn-hangzhou --keep SLB --delete-too SLS_Data --yes',
  ];
  static override args = clusterArg;
  static override flags = {
    ...serviceChangeFlags,
    timeout: { ...serviceChangeFlags.timeout, description: 'time limit of the wait (default: 30m)' },
    keep: Flags.string({ ...repeatable, helpValue: 'TYPE|ID', description: 'resources to keep (repeatable)' }),
    'ignore-not-found': Flags.boolean({ default: false, description: 'succeed if there is no such cluster' }),
    'delete-too': Flags.string({
      ...repeatable,
      helpValue: 'TYPE',
      options: [...RESOURCE_TYPES],
      description: 'also delete these resources, which the service keeps by default (repeatable)',
    }),
  };

  async run(): Promise<void> {
    const { args, ...parsed } = await this.parse(ClusterDelete);
    const flags = namedCluster(parsed.flags, args);
    const { keep = [], 'delete-too': remove = [], region = '' } = flags;
    const both = keep.filter((each) => remove.includes(each));
    if (both.length > 0) throw usageError([`--keep and --delete-too both name ${both.join(', ')}`]);
    const choice = choiceOf(keep, remove);
    await this.finish(
      await changeInService<DeletionPlan>({
        flags,
        output: this.openOutput({ looksOnly: true }),
        argv: this.host.argv,
        plan: async ({ service, clusterId }) => {
          const cluster = await clusterNamed(service, region, clusterId).catch((error: unknown) => {
            if (flags['ignore-not-found'] && isNotFound(error)) return undefined;
            throw error;
          });
          if (!cluster) return gone(clusterId);
          const { nodes, resources } = await clusterDeletion(service, cluster, choice);
          const { name, clusterId: id } = cluster;
          const table = resourceTable(resources).trimEnd();
          return {
            cluster,
            lines: [
              `Delete cluster ${name} (${id}) in ${region}. This cannot be undone.`,
              ...(nodes.length > 0 ? [`It has ${count('node', nodes.length)}: ${nodes.join(', ')}.`, RESET] : []),
              ...(table ? table.split('\n') : []),
            ],
            question: `Delete cluster ${name}?`,
            unchanged: '',
            data: { clusterId: id, name, nodes, resources },
          };
        },
        run: async ({ cluster }, work) => {
          if (!cluster) return { text: '' };
          await deleteCluster(cluster, () => work.service.deleteCluster(cluster.clusterId, choice), work);
          return { text: `cluster/${cluster.name} ${work.wait ? 'deleted' : 'is being deleted'}\n` };
        },
      }),
    );
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof EdgeadmError && error.code === 'CLOUD_CLUSTER_NOT_FOUND';
}

function gone(name: string): DeletionPlan {
  return { lines: [], question: '', unchanged: `cluster/${name} not found\n`, data: { name } };
}

const RESET = 'Run `edgeadm reset` on each edge node first: a machine keeps its cluster until then.';
