import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { reportText } from '../../../cli/cluster-upgrade/report.ts';
import { planOfService } from '../../../cli/cluster-upgrade/service.ts';
import {
  serviceStartFlags,
  upgradeServiceFlags,
  usesContainerService,
} from '../../../cli/cluster-upgrade/service-flags.ts';
import { plannedNodes, planText, specOf, startFlags } from '../../../cli/cluster-upgrade/start.ts';
import { listFlag } from '../../../cli/flags.ts';
import { ramActions } from '../../../cli/service-change.ts';
import { type Intent, intentOf } from '../../../cluster-upgrade/intent.ts';
import { serverVersionOf } from '../../../kubernetes/version.ts';
import { styleOfResults } from '../../../output/style.ts';
import { table } from '../../../output/table.ts';

const { 'target-version': targetVersion, selector, nodepool, drain } = startFlags;

export default class ClusterUpgradePlan extends BaseCommand {
  static override summary = 'Show which nodes would be upgraded, to which version and in which batches.';
  static override description =
    `Runs the checks of \`cluster upgrade start\` and changes nothing. Needs no image. Run it first, like \`kubeadm upgrade plan\`. With --cluster-id, ${ramActions('DescribeClusterDetail', 'DescribeClusterTasks', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> cluster upgrade plan',
    '<%= config.bin %> cluster upgrade plan --target-version 1.20.3 --nodepool shops -o yaml',
    '<%= config.bin %> cluster upgrade plan --cluster-id c1 --region cn-hangzhou',
  ];
  static override flags = {
    ...kubeconfigFlag,
    ...upgradeServiceFlags,
    ...serviceStartFlags,
    ...listFlag,
    'target-version': targetVersion,
    selector,
    nodepool,
    drain,
  };

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(ClusterUpgradePlan);
    this.openOutput({ looksOnly: true });
    if (usesContainerService(flags, raw))
      return this.show({ ...(await planOfService(flags)), names: [`cluster/${flags['cluster-id']}`] });
    await withCluster(flags.kubeconfig, async (client, signal) => {
      const { body, server } = await client.request('GET', '/version');
      const cluster = serverVersionOf(body, server);
      // How a drain treats single pods changes nothing of the plan.
      const asked = { ...flags, force: false, 'delete-emptydir-data': false, 'wait-offline': false };
      const intent = await intentOf(client, specOf(asked, cluster, false), signal);
      const data = {
        cluster,
        targetVersion: intent.plan.spec.targetVersion,
        nodes: plannedNodes(intent),
        report: intent.report,
      };
      await this.show({ data, text: textOf(intent), names: data.nodes.map(({ node }) => `node/${node}`) });
    });
  }
}

/** Checks, nodes, batches; the line to start it comes last. */
function textOf(intent: Intent): string {
  const { plan, report } = intent;
  if (plan.nodes.length === 0) return planText(intent);
  const columns = process.stdout.columns || undefined;
  const rows = plannedNodes(intent).map(({ nodePool, ...row }) => ({ ...row, 'node-pool': nodePool || '-' }));
  const { targetVersion, selector, nodepool } = plan.spec;
  const chosen = [selector && ` --selector ${selector}`, nodepool && ` --nodepool ${nodepool}`]
    .filter(Boolean)
    .join('');
  const start = report.result === 'error' ? 'Fix the errors, then start it' : 'To start it';
  return [
    reportText(report, { style: styleOfResults(), columns }),
    table(rows.map(({ node, from, to, batch, 'node-pool': pool }) => ({ node, 'node-pool': pool, from, to, batch }))),
    `${planText(intent)}${start}: edgeadm cluster upgrade start --target-version ${targetVersion}${chosen} --image IMAGE\n`,
  ].join('\n');
}
