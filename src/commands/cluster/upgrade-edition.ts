import { BaseCommand } from '../../cli/base-command.ts';
import { clusterArg, namedCluster } from '../../cli/cluster/flags.ts';
import { changeInService, ramActions, type ServicePlan, serviceChangeFlags } from '../../cli/service-change.ts';
import type { CloudCluster } from '../../cloud/actions/clusters.ts';
import { CLUSTER_SPECS, editionOf } from '../../config/cloud-cluster.ts';
import { EDITION_NODES, PRO_REGIONS } from '../../config/cloud-cluster-rules.ts';
import { clusterToChange, updateCluster } from '../../phases/cluster/changes.ts';
import { refuseUnlessRunning } from '../../phases/cluster/find.ts';

type EditionPlan = ServicePlan & { readonly cluster: CloudCluster };

export default class ClusterUpgradeEdition extends BaseCommand {
  static override summary = 'Upgrade a cluster from the standard to the Pro edition.';
  static override description =
    `The command is idempotent. A Pro cluster cannot become a standard one. ${ramActions('ModifyCluster', 'DescribeClusterDetail', 'DescribeClustersForRegion', 'DescribeTaskInfo')}`;
  static override examples = ['<%= config.bin %> cluster upgrade-edition shops --region cn-hangzhou'];
  static override args = clusterArg;
  static override flags = serviceChangeFlags;

  async run(): Promise<void> {
    const { args, ...parsed } = await this.parse(ClusterUpgradeEdition);
    const flags = namedCluster(parsed.flags, args);
    const { region = '' } = flags;
    await this.finish(
      await changeInService<EditionPlan>({
        flags,
        output: this.openOutput({ looksOnly: true }),
        argv: this.host.argv,
        plan: async (work) => {
          const cluster = await clusterToChange(region, work.clusterId, work);
          const { name, clusterId: id } = cluster;
          const isPro = editionOf(cluster.clusterSpec) === 'pro';
          if (!isPro) refuseUnlessRunning(cluster, 'the edition');
          return {
            cluster,
            lines: isPro ? [] : linesOf(cluster, region),
            question: `Upgrade cluster ${name} to the Pro edition?`,
            unchanged: `cluster/${name} unchanged: it is a Pro cluster\n`,
            data: { clusterId: id, name, edition: 'pro' },
          };
        },
        run: async ({ cluster: { clusterId: id, name } }, work) => {
          const isDone = ({ clusterSpec }: CloudCluster): boolean => editionOf(clusterSpec) === 'pro';
          const send = () => work.service.changeCluster(id, { cluster_spec: CLUSTER_SPECS.pro });
          await updateCluster(id, { what: `cluster ${name} (${id}) to be a Pro cluster`, send, isDone }, work);
          return { text: `cluster/${name} ${work.wait ? 'is a Pro cluster' : 'is being upgraded to Pro'}\n` };
        },
      }),
    );
  }
}

function linesOf({ name, clusterId }: CloudCluster, region: string): string[] {
  return [
    `Upgrade cluster ${name} (${clusterId}) from the standard to the Pro edition, up to ${EDITION_NODES.pro} nodes.`,
    'The fee of a Pro cluster is higher, and the upgrade cannot be undone.',
    ...(PRO_REGIONS.includes(region) ? [] : [`The guide does not list ${region} among the regions of Pro clusters.`]),
  ];
}
