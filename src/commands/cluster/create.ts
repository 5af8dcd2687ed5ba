import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import {
  createClusterFlags,
  ignoredLimitsOf,
  regionFlags,
  requireRegion,
  vpcCidrsOf,
} from '../../cli/cluster/flags.ts';
import { creationLines } from '../../cli/cluster/plan-text.ts';
import { cloudClusterSpecOf } from '../../cli/cluster/spec.ts';
import { shownCluster } from '../../cli/cluster/text.ts';
import { isGiven } from '../../cli/nodepool/pools.ts';
import { changeInService, ramActions, type ServicePlan, serviceChangeFlags } from '../../cli/service-change.ts';
import { openNetworks } from '../../cloud/networks.ts';
import { usageError } from '../../errors/usage.ts';
import { type Creation, createCluster, planCreation } from '../../phases/cluster/create.ts';

type CreationPlan = ServicePlan & { readonly creation: Creation };

export default class ClusterCreate extends BaseCommand {
  static override summary = 'Create an edge cluster of the container service, standard or Pro.';
  static override description =
    `Checks every limit first. The command is idempotent: if a cluster of this name exists, it waits for that one and does not buy another. See docs/cluster.md. ${ramActions('DescribeClustersForRegion', 'DescribeUserQuota', 'DescribeKubernetesVersionMetadata', 'CreateCluster', 'DescribeClusterDetail', 'DescribeClusterTasks', 'DescribeTaskInfo', 'vpc:DescribeVpcs', 'vpc:DescribeVSwitches', 'vpc:DescribeEipAddresses', 'slb:DescribeLoadBalancers', 'ecs:DescribeSecurityGroups', 'quotas:GetProductQuota', 'kms:DescribeKey')}`;
  static override examples = [
    '<%= config.bin %> cluster create shops --region cn-hangzhou --vpc vpc-1 --vswitch vsw-1 --pod-cidr 172.20.0.0/16 --worker-type ecs.g6.large --key-pair ops',
    '<%= config.bin %> cluster create --from cluster.yaml --dry-run',
  ];
  static override args = { name: Args.string({ description: 'name of the cluster' }) };
  static override flags = {
    ...createClusterFlags,
    ...regionFlags,
    'dry-run': serviceChangeFlags['dry-run'],
    yes: serviceChangeFlags.yes,
    wait: serviceChangeFlags.wait,
    timeout: { ...serviceChangeFlags.timeout, description: 'time limit of the wait (default: 1h)' },
  };

  async run(): Promise<void> {
    const { args, flags, raw } = await this.parse(ClusterCreate);
    const output = this.openOutput({ looksOnly: true });
    const mistakes: string[] = [];
    const refuse = (mistake: string): void => void mistakes.push(mistake);
    const vpcCidrs = vpcCidrsOf(flags, refuse);
    const ignoredLimits = ignoredLimitsOf(flags['ignore-limits'], refuse);
    const ownRegion = isGiven(raw, 'region') ? flags.region : undefined;
    const asked = { ...flags, region: ownRegion, usualRegion: flags.region };
    const spec = await cloudClusterSpecOf(args.name, asked, refuse);
    if (!spec || mistakes.length > 0) throw usageError(mistakes);
    const { name, region } = spec;
    requireRegion({ region });
    await this.finish(
      await changeInService<CreationPlan>({
        flags: { ...flags, region },
        clusterName: name,
        output,
        argv: this.host.argv,
        plan: async ({ service, signal }) => {
          const networks = await openNetworks({ region, credentials: { profile: flags.profile }, signal });
          const creation = await planCreation(service, { spec, vpcCidrs, ignoredLimits, networks });
          const { existing, notChecked } = creation;
          const isThere = existing?.state === 'running';
          return {
            creation,
            lines: isThere ? [] : creationLines(creation),
            question: existing ? `Wait for cluster ${name}?` : `Create cluster ${name}?`,
            unchanged: `cluster/${name} unchanged: ${existing?.clusterId}\n`,
            data: { name, region, clusterId: existing?.clusterId, notChecked },
          };
        },
        run: async ({ creation }, work) => {
          const cluster = await createCluster(creation, work);
          const data = { clusterId: cluster.clusterId, cluster: shownCluster(cluster) };
          return {
            data,
            text: `cluster/${name} ${work.wait ? 'created' : 'is being created'}: ${cluster.clusterId}\n`,
          };
        },
      }),
    );
  }
}
