import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { repeatable } from '../../cli/flags.ts';
import { changePoolInService } from '../../cli/nodepool/change-in-service.ts';
import { ramActions, requireClusterId, serviceChangeFlags } from '../../cli/service-change.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { compareVersions } from '../../kubernetes/version.ts';
import { count } from '../../lib/count.ts';

const PAUSES = { 'first-batch': 'FirstBatch', 'every-batch': 'EveryBatch', never: 'NotPause' } as const;

export default class NodePoolUpgrade extends BaseCommand {
  static override summary = 'Upgrade the nodes of a node pool in batches, by the container service.';
  static override description =
    `An upgrade that is in progress is waited for, not started again. ${ramActions('DescribeClusterDetail', 'DescribeClusterNodePools', 'UpgradeClusterNodepool', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> nodepool upgrade shops --max-parallel 2 --pause-policy first-batch --cluster-id c1 --region cn-hangzhou',
  ];
  static override args = { name: Args.string({ required: true, description: 'name or id of the node pool' }) };
  static override flags = {
    ...serviceChangeFlags,
    'target-version': Flags.string({
      helpValue: 'V',
      description: 'of Kubernetes; default: that of the control plane',
    }),
    'runtime-version': Flags.string({ helpValue: 'V', description: 'of the container runtime; default: as it is' }),
    node: Flags.string({ ...repeatable, helpValue: 'NAME', description: 'only this node (repeatable)' }),
    'max-parallel': Flags.integer({ min: 1, max: 10, helpValue: 'N', description: 'nodes in a batch' }),
    'max-failed': Flags.integer({ min: 0, helpValue: 'N', description: 'nodes that may fail before it stops' }),
    'batch-interval': Flags.integer({ helpValue: 'MINUTES', description: 'pause between batches: 0, or 5 to 120' }),
    'pause-policy': Flags.option({
      options: ['first-batch', 'every-batch', 'never'] as const,
      description: 'after which batch it pauses by itself',
    })(),
    'replace-disk': Flags.boolean({ default: false, description: 'replace the system disks; what is on them is lost' }),
    'ignore-warnings': Flags.boolean({ default: false, description: 'start even if the precheck has warnings' }),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(NodePoolUpgrade);
    const { 'batch-interval': interval, 'pause-policy': pause, node: nodes = [] } = flags;
    requireClusterId(flags, [
      ...(interval !== undefined && interval !== 0 && (interval < 5 || interval > 120)
        ? ['--batch-interval: 0, or 5 to 120 minutes']
        : []),
      ...(interval && pause && pause !== 'never' ? ['--batch-interval works only with --pause-policy never'] : []),
    ]);
    await this.finish(
      await changePoolInService(flags, args.name, this.host, async (pool, { service, clusterId }) => {
        const { nodepoolId, name } = pool.nodepoolInfo;
        const cluster = await service.cluster(clusterId);
        const control = cluster.currentVersion || cluster.initVersion || '';
        const target = flags['target-version'] ?? control;
        refuseNewer(target, control);
        const policy = {
          max_parallelism: flags['max-parallel'],
          max_failed_nodes: flags['max-failed'],
          batch_interval: interval,
          pause_policy: pause && PAUSES[pause],
        };
        const whose =
          nodes.length > 0 ? `${count('node', nodes.length)} of the node pool ${name}` : `the node pool ${name}`;
        return {
          lines: [
            `upgrade ${whose} to Kubernetes ${target}`,
            ...(flags['runtime-version'] ? [`upgrade the container runtime to ${flags['runtime-version']}`] : []),
            ...(flags['replace-disk'] ? ['The system disks are replaced: what is on them is lost.'] : []),
          ],
          what: `node pool ${name} to be upgraded`,
          question: `Upgrade ${whose}?`,
          done: `nodepool/${name} upgraded`,
          data: { targetVersion: target, nodes },
          send: () =>
            service.upgradeNodePool(clusterId, nodepoolId, {
              kubernetes_version: target,
              runtime_version: flags['runtime-version'],
              ...(nodes.length > 0 && { node_names: nodes }),
              use_replace: flags['replace-disk'],
              ignore_warning_check: flags['ignore-warnings'],
              ...(Object.values(policy).some((value) => value !== undefined) && { rolling_policy: policy }),
            }),
        };
      }),
    );
  }
}

/** A kubelet must not be newer than its API server. */
function refuseNewer(target: string, control: string): void {
  if (compareVersions(target, control) <= 0) return;
  throw new EdgeadmError({
    code: 'UPGRADE_VERSION',
    what: `nodes cannot be upgraded to ${target}`,
    why: `the control plane is at ${control}, and nodes must not be newer`,
    next: 'upgrade the control plane first: edgeadm cluster upgrade start --control-plane-only',
  });
}
