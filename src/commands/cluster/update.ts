import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { clusterArg, namedCluster } from '../../cli/cluster/flags.ts';
import { changeInService, ramActions, type ServicePlan, serviceChangeFlags } from '../../cli/service-change.ts';
import type { CloudCluster } from '../../cloud/actions/clusters.ts';
import { cloudClusterKeys } from '../../config/cloud-cluster.ts';
import { usageError } from '../../errors/usage.ts';
import { clusterToChange, updateCluster } from '../../phases/cluster/changes.ts';
import { refuseUnlessRunning } from '../../phases/cluster/find.ts';

type UpdatePlan = ServicePlan & { readonly cluster: CloudCluster };

export default class ClusterUpdate extends BaseCommand {
  static override summary = 'Change the name or the deletion protection of a cluster.';
  static override description =
    `Settings you do not name stay as they are. The command is idempotent. ${ramActions('ModifyCluster', 'DescribeClusterDetail', 'DescribeClustersForRegion', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> cluster update shops --region cn-hangzhou --deletion-protection',
    '<%= config.bin %> cluster update shops --region cn-hangzhou --rename branches',
  ];
  static override args = clusterArg;
  static override flags = {
    ...serviceChangeFlags,
    rename: Flags.string({ helpValue: 'NAME', description: 'new name' }),
    'deletion-protection': Flags.boolean({ allowNo: true, description: 'protect the cluster from deletion' }),
  };

  async run(): Promise<void> {
    const { args, ...parsed } = await this.parse(ClusterUpdate);
    const flags = namedCluster(parsed.flags, args);
    const { region = '', rename, 'deletion-protection': isProtected } = flags;
    const mistake = rename === undefined ? undefined : refuseName(rename);
    if (mistake) throw usageError([mistake]);
    if (rename === undefined && isProtected === undefined)
      throw usageError(['--rename or --[no-]deletion-protection is required: what to change']);
    const isDone = ({ name, deletionProtection = false }: CloudCluster): boolean =>
      (rename ?? name) === name && (isProtected ?? deletionProtection) === deletionProtection;
    await this.finish(
      await changeInService<UpdatePlan>({
        flags,
        output: this.openOutput({ looksOnly: true }),
        argv: this.host.argv,
        plan: async (work) => {
          const cluster = await clusterToChange(region, work.clusterId, work);
          if (!isDone(cluster)) refuseUnlessRunning(cluster, 'the settings');
          return {
            cluster,
            lines: isDone(cluster) ? [] : linesOf(cluster, { rename, isProtected }),
            question: `Change cluster ${cluster.name}?`,
            unchanged: `cluster/${cluster.name} unchanged\n`,
            data: { clusterId: cluster.clusterId, name: rename ?? cluster.name, deletionProtection: isProtected },
          };
        },
        run: async ({ cluster: { clusterId: id, name = id } }, work) => {
          const send = () => work.service.changeCluster(id, { cluster_name: rename, deletion_protection: isProtected });
          await updateCluster(id, { what: `cluster ${name} (${id}) to be changed`, send, isDone }, work);
          return { text: `cluster/${rename ?? name} ${work.wait ? 'changed' : 'is being changed'}\n` };
        },
      }),
    );
  }
}

function refuseName(name: string): string | undefined {
  const checked = cloudClusterKeys.shape.name.safeParse(name);
  return checked.success ? undefined : `--rename: ${checked.error.issues[0]?.message}`;
}

interface Wanted {
  readonly rename?: string;
  readonly isProtected?: boolean;
}

function linesOf({ name, deletionProtection = false }: CloudCluster, { rename, isProtected }: Wanted): string[] {
  const word = (on: boolean): string => (on ? 'on' : 'off');
  return [
    ...(rename !== undefined && rename !== name ? [`name: ${name} -> ${rename}`] : []),
    ...(isProtected !== undefined && isProtected !== deletionProtection
      ? [`deletion protection: ${word(deletionProtection)} -> ${word(isProtected)}`]
      : []),
  ];
}
