import { Flags } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { executorFlag } from '../../../cli/cluster-upgrade/follow.ts';
import { resultOf, runByJobs, runOverSsh, sshFlags } from '../../../cli/cluster-upgrade/run.ts';
import { upgradeServiceFlags, usesContainerService } from '../../../cli/cluster-upgrade/service-flags.ts';
import { changeOfService } from '../../../cli/cluster-upgrade/service-verbs.ts';
import { askBefore, noWaitMistakes, upgradeChangeFlags, watchFlag } from '../../../cli/cluster-upgrade/verbs.ts';
import { ramActions } from '../../../cli/service-change.ts';
import { continueUpgrade } from '../../../cluster-upgrade/control/actions.ts';
import { isPausedOrEnded, type Plan } from '../../../cluster-upgrade/plan/plan.ts';
import { continuePlan } from '../../../cluster-upgrade/plan/transitions.ts';
import { usageError } from '../../../errors/usage.ts';

export default class ClusterUpgradeContinue extends BaseCommand {
  static override summary = 'Continue a paused upgrade, or one whose controller has stopped.';
  static override description =
    `Removes failed pods and retries their nodes; the first batch is one node. Works from any machine with a kubeconfig. With --cluster-id, ${ramActions('ResumeTask', 'DescribeClusterDetail', 'DescribeClusterTasks', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> cluster upgrade continue',
    '<%= config.bin %> cluster upgrade continue --executor ssh --inventory hosts.yaml',
    '<%= config.bin %> cluster upgrade continue --cluster-id c1 --region cn-hangzhou',
  ];
  static override flags = {
    ...kubeconfigFlag,
    ...upgradeServiceFlags,
    ...executorFlag,
    image: Flags.string({ helpValue: 'IMAGE', description: 'use this upgrade image from now on' }),
    bundle: Flags.string({ helpValue: 'DIR|TGZ|URL', description: 'use this bundle from now on' }),
    ...upgradeChangeFlags,
    ...watchFlag,
    ...sshFlags,
  };

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(ClusterUpgradeContinue);
    const output = this.openOutput({ looksOnly: true });
    const { argv } = this.host;
    if (usesContainerService(flags, raw))
      return this.finish(await changeOfService('continue', { flags, output, argv }));
    const { executor, image, bundle } = flags;
    const ended = await withCluster(flags.kubeconfig, async (client, signal) => {
      const change = { ...(executor && { executor }), ...(image && { image }), ...(bundle && { bundle }) };
      const intended = (plan: Plan) => {
        const mistakes = noWaitMistakes(executor ?? plan.spec.executor, flags.wait);
        if (mistakes.length > 0) throw usageError(mistakes);
        return continuePlan(plan);
      };
      const shown = await askBefore('continue', client, { flags, output, signal, argv, intended });
      if (shown) return shown;
      const plan = await continueUpgrade(client, change);
      if (isPausedOrEnded(plan)) return resultOf(plan);
      const options = { client, plan, flags, output, version: this.config.version, signal };
      if (plan.spec.executor === 'ssh') return resultOf(await runOverSsh(options));
      const forPrograms = flags.output !== 'text';
      return resultOf(await runByJobs(options, { begins: false, wait: flags.wait, forPrograms }));
    });
    await this.finish(ended);
  }
}
