import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { repeatable } from '../../cli/flags.ts';
import { changePoolInService } from '../../cli/nodepool/change-in-service.ts';
import { poolUpgrade } from '../../cli/nodepool/upgrade.ts';
import { ramActions, requireClusterId, serviceChangeFlags } from '../../cli/service-change.ts';
import { isVersion } from '../../kubernetes/version.ts';

export default class NodePoolUpgrade extends BaseCommand {
  static override summary = 'Upgrade the nodes of a node pool in batches, by the container service.';
  static override description =
    `The service checks the node pool first. If an upgrade is in progress, it waits for that one; if it is paused, it continues it. ${ramActions('DescribeClusterDetail', 'DescribeClusterNodePools', 'RunClusterCheck', 'GetClusterCheck', 'ListClusterChecks', 'UpgradeClusterNodepool', 'DescribeClusterTasks', 'DescribeTaskInfo', 'ResumeTask')}`;
  static override examples = [
    '<%= config.bin %> nodepool upgrade shops --max-parallel 2 --pause-policy first-batch --cluster-id c1 --region cn-hangzhou',
  ];
  static override args = { name: Args.string({ required: true, description: 'name or ID of the node pool' }) };
  static override flags = {
    ...serviceChangeFlags,
    'target-version': Flags.string({
      helpValue: 'V',
      description: "Kubernetes version; default: the control plane's",
    }),
    'runtime-version': Flags.string({
      helpValue: 'V',
      description: 'version of the container runtime; default: unchanged',
    }),
    node: Flags.string({ ...repeatable, helpValue: 'NAME', description: 'only this node (repeatable)' }),
    'max-parallel': Flags.integer({ min: 1, max: 10, helpValue: 'N', description: 'number of nodes in a batch' }),
    'max-failed': Flags.integer({
      min: 0,
      helpValue: 'N',
      description: 'number of nodes that may fail before the upgrade stops',
    }),
    'batch-interval': Flags.integer({ helpValue: 'MINUTES', description: 'pause between batches: 0, or 5 to 120' }),
    'pause-policy': Flags.option({
      options: ['first-batch', 'every-batch', 'never'] as const,
      description: 'after which batches the upgrade pauses',
    })(),
    'replace-disk': Flags.boolean({ default: false, description: 'replace the system disks; their data is lost' }),
    'ignore-warnings': Flags.boolean({
      default: false,
      description: "start even if the service's own precheck has warnings",
    }),
    report: Flags.string({ helpValue: 'FILE', description: 'write the report of the check as an HTML page' }),
    'ignore-preflight-errors': Flags.string({
      ...repeatable,
      delimiter: ',',
      helpValue: 'CHECKS',
      description: 'continue despite errors of these checks (names, comma-separated; or all)',
    }),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(NodePoolUpgrade);
    const { 'batch-interval': interval, 'pause-policy': pause } = flags;
    const { 'target-version': target } = flags;
    requireClusterId(flags, [
      ...(target !== undefined && !isVersion(target)
        ? [`--target-version: "${target}" is not a version such as 1.20.11-aliyunedge.1`]
        : []),
      ...(interval !== undefined && interval !== 0 && (interval < 5 || interval > 120)
        ? ['--batch-interval: 0, or 5 to 120 minutes']
        : []),
      ...(interval && pause && pause !== 'never' ? ['--batch-interval works only with --pause-policy never'] : []),
    ]);
    await this.finish(
      await changePoolInService(flags, args.name, this.host, (pool, work) => poolUpgrade(pool, work, flags)),
    );
  }
}
