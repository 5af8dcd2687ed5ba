import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { reportOfCheck } from '../../cli/cluster/check.ts';
import { clusterArg, namedCluster } from '../../cli/cluster/flags.ts';
import { lookAtCluster } from '../../cli/cluster/look.ts';
import { reportText } from '../../cli/cluster-upgrade/report.ts';
import { writeReport } from '../../cli/cluster-upgrade/report-html.ts';
import { durationOf, listFlag } from '../../cli/flags.ts';
import { logOf } from '../../cli/nodepool/pools.ts';
import { ramActions, serviceChangeFlags, serviceFlags } from '../../cli/service-change.ts';
import { usageError } from '../../errors/usage.ts';
import { styleOfResults } from '../../output/style.ts';
import { CHECK_TYPES, runClusterCheck } from '../../phases/cluster/check.ts';

export default class ClusterCheck extends BaseCommand {
  static override summary = 'Have the container service check a cluster before an upgrade or a migration.';
  static override description =
    `Changes nothing. For a cluster without the container service: \`edgeadm cluster upgrade plan\`. ${ramActions('RunClusterCheck', 'GetClusterCheck', 'ListClusterChecks', 'DescribeClusterDetail', 'DescribeClustersForRegion')}`;
  static override examples = [
    '<%= config.bin %> cluster check shops --region cn-hangzhou',
    '<%= config.bin %> cluster check shops --region cn-hangzhou --type node-pool --target np1',
  ];
  static override args = clusterArg;
  static override flags = {
    ...serviceFlags,
    ...listFlag,
    type: Flags.option({
      options: ['upgrade', 'control-plane', 'node-pool', 'migration'] as const,
      default: 'upgrade' as const,
      description: 'what you plan to do',
    })(),
    target: Flags.string({ helpValue: 'ID', description: 'node pool, for --type node-pool' }),
    report: Flags.string({ helpValue: 'FILE', description: 'write the report as an HTML page' }),
    timeout: serviceChangeFlags.timeout,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterCheck);
    const { target, report: file } = flags;
    const type = CHECK_TYPES[flags.type];
    if ((flags.type === 'node-pool') !== (target !== undefined))
      throw usageError(['--target is required for --type node-pool, and only for it']);
    const log = logOf(this.openOutput({ looksOnly: true }), 'cluster check');
    const timeoutMs = durationOf(flags.timeout, '--timeout');
    const report = await lookAtCluster(namedCluster(flags, args), {}, async (service, cluster, signal) => {
      const { clusterId } = cluster;
      const tell = (line: string): void => log.info(line);
      const check = await runClusterCheck({ service, clusterId, type, target, timeoutMs, signal, tell });
      return reportOfCheck(check, cluster, cluster.nextVersion || (cluster.currentVersion ?? ''));
    });
    if (file !== undefined) await writeReport(file, report);
    const columns = process.stdout.columns || undefined;
    await this.show({
      data: report,
      text: reportText(report, { style: styleOfResults(), columns }),
      names: [...new Set(report.rows.map(({ check }) => `check/${check.replaceAll(' ', '-')}`))],
    });
    if (report.result === 'error') process.exitCode = 4;
  }
}
