import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { reportText } from '../../../cli/cluster-upgrade/report.ts';
import { writeReport } from '../../../cli/cluster-upgrade/report-html.ts';
import {
  resultOf,
  runByJobs,
  runOverSsh,
  type SshFlags,
  sshFlags,
  sshOptions,
} from '../../../cli/cluster-upgrade/run.ts';
import { startOfService } from '../../../cli/cluster-upgrade/service.ts';
import {
  serviceStartFlags,
  upgradeServiceFlags,
  usesContainerService,
} from '../../../cli/cluster-upgrade/service-flags.ts';
import { planText, specOf, startFlags } from '../../../cli/cluster-upgrade/start.ts';
import { confirm } from '../../../cli/confirmation.ts';
import { ramActions } from '../../../cli/service-change.ts';
import { beginPlan } from '../../../cluster-upgrade/control/begin.ts';
import { targetsByNode } from '../../../cluster-upgrade/control/targets.ts';
import { type Intent, intentOf, refuseErrors } from '../../../cluster-upgrade/intent.ts';
import type { ApiClient } from '../../../kubernetes/api/client.ts';
import { serverVersionOf } from '../../../kubernetes/version.ts';
import type { Output } from '../../../output/index.ts';
import type { CommandResult } from '../../../output/renderer.ts';
import { styleFor } from '../../../output/style.ts';

export default class ClusterUpgradeStart extends BaseCommand {
  static override summary = "Upgrade the cluster's nodes to the control-plane version, in batches.";
  static override description =
    `Starts with one node and doubles the batch size each time, up to a tenth of the nodes. An error pauses the upgrade. The state is in the cluster (namespace kube-upgrade): any machine can watch, pause or take over. With --cluster-id the container service runs the upgrade; see docs/cluster-upgrade-service.md. With --cluster-id, ${ramActions('RunClusterCheck', 'GetClusterCheck', 'ListClusterChecks', 'UpgradeCluster', 'DescribeClusterDetail', 'DescribeClusterTasks', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> cluster upgrade start --target-version 1.20.3 --image registry.example.com/edgeadm-upgrade:1.20.3',
    '<%= config.bin %> cluster upgrade start --executor ssh --inventory hosts.yaml --bundle /opt/bundle-1.20.3',
    '<%= config.bin %> cluster upgrade start --dry-run --image example',
    '<%= config.bin %> cluster upgrade start --cluster-id c1 --region cn-hangzhou --target-version 1.20.11-aliyunedge.1',
  ];
  static override flags = {
    ...kubeconfigFlag,
    ...upgradeServiceFlags,
    ...serviceStartFlags,
    ...startFlags,
    ...sshFlags,
  };

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(ClusterUpgradeStart);
    const output = this.openOutput({ looksOnly: true });
    if (usesContainerService(flags, raw)) return this.finish(await startOfService(flags, output, this.host.argv));
    await this.finish(
      await withCluster(flags.kubeconfig, async (client, signal) => {
        const { body, server } = await client.request('GET', '/version');
        const intent = await intentOf(client, specOf(flags, serverVersionOf(body, server)), signal);
        const { plan, report } = intent;
        if (flags.report !== undefined) await writeReport(flags.report, report);
        if (plan.nodes.length > 0)
          output.tell(
            `${reportText(report, { style: styleFor({}, false), columns: process.stdout.columns || undefined })}\n`,
          );
        output.tell(planText(intent));
        if (plan.nodes.length > 0) refuseErrors(report, flags['ignore-preflight-errors']);
        if (plan.spec.executor === 'ssh') await targetsByNode(client, plan, sshOptions(flags));
        if (flags['dry-run'] || plan.nodes.length === 0) return { ok: true, hosts: [], data: { plan, report } };
        await confirm('Start?', { output, signal, yes: flags.yes, argv: this.host.argv });
        return this.#start(client, intent, output, signal, flags);
      }),
    );
  }

  async #start(
    client: ApiClient,
    { plan }: Intent,
    output: Output,
    signal: AbortSignal,
    flags: SshFlags & { readonly wait: boolean; readonly output: string },
  ): Promise<Omit<CommandResult, 'command'>> {
    await beginPlan(client, plan, signal);
    const options = { client, plan, flags, output, version: this.config.version, signal };
    if (plan.spec.executor === 'ssh') return resultOf(await runOverSsh(options));
    return resultOf(await runByJobs(options, { begins: true, wait: flags.wait, forPrograms: flags.output !== 'text' }));
  }
}
