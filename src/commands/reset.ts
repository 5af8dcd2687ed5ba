import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { kubeconfigFlagFor, requireKubeconfig } from '../cli/cluster-access.ts';
import { drainFlags } from '../cli/drain-flags.ts';
import { nodeFlags } from '../cli/flags.ts';
import { runReset } from '../cli/reset/run.ts';
import type { ResetSpec } from '../phases/reset/context.ts';

export default class Reset extends BaseCommand {
  static override summary = 'Remove a node from its cluster and roll back what the join changed.';
  static override description =
    'The command is idempotent: run it again at any time. It refuses to reset a control-plane node.';
  static override examples = [
    '<%= config.bin %> reset --yes',
    '<%= config.bin %> reset --host root@10.0.0.11 --kubeconfig admin.conf --drain --delete-node',
  ];
  static override flags = {
    ...nodeFlags,
    force: Flags.boolean({
      char: 'f',
      description: 'do not ask; continue even if a pod cannot be stopped or a volume cannot be unmounted',
    }),
    'delete-emptydir-data': drainFlags['delete-emptydir-data'],
    'keep-runtime': Flags.boolean({ description: 'keep the container runtime as the join configured it' }),
    'cleanup-images': Flags.boolean({ description: 'remove all images, not only those the join loaded' }),
    kubeconfig: kubeconfigFlagFor('administrator kubeconfig for --drain and --delete-node'),
    drain: Flags.boolean({
      description: 'evict the pods first, respecting PodDisruptionBudgets; --force evicts those without a controller',
    }),
    'delete-node': Flags.boolean({ description: 'delete the Node object' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Reset);
    const spec: ResetSpec = {
      force: flags.force,
      keepRuntime: flags['keep-runtime'],
      cleanupImages: flags['cleanup-images'],
      kubeconfig: flags.drain || flags['delete-node'] ? requireKubeconfig(flags.kubeconfig) : undefined,
      drain: flags.drain,
      deleteEmptyDirData: flags['delete-emptydir-data'],
      deleteNode: flags['delete-node'],
    };
    await this.finish(await runReset(spec, flags, this.host));
  }
}
