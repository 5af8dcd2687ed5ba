import { Flags } from '@oclif/core';
import { removeUnpacked } from '../artifacts/own-file.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { drainFlags } from '../cli/drain-flags.ts';
import { durationOf, nodeFlags } from '../cli/flags.ts';
import { onHosts } from '../cli/hosts.ts';
import { confirmOnTerminal } from '../cli/prompts.ts';
import { commandSignal } from '../cli/signals.ts';
import { targetOptions } from '../cli/target-options.ts';
import { DEFAULT_TIMEOUT_MS } from '../config/join-spec.ts';
import { answeredNo } from '../errors/answered-no.ts';
import { withNode } from '../host/node-session.ts';
import { targetsOf } from '../host/targets.ts';
import { memoize } from '../lib/memoize.ts';
import type { Output } from '../output/index.ts';
import type { ResetSpec } from '../phases/reset/context.ts';
import { checkResetSpec, reset } from '../phases/reset/reset.ts';

export default class Reset extends BaseCommand {
  static override summary = 'Take a node out of its cluster and put it back as it was before the join.';
  static override description =
    'May be run again at any time: it does what is left to do. A control-plane node is refused.';
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
    'keep-runtime': Flags.boolean({ description: 'leave the container runtime as the join set it up' }),
    'cleanup-images': Flags.boolean({ description: 'remove all images, not only those the join loaded' }),
    kubeconfig: Flags.string({ helpValue: 'FILE', description: "the administrator's, for --drain and --delete-node" }),
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
      kubeconfig: flags.kubeconfig,
      drain: flags.drain,
      deleteEmptyDirData: flags['delete-emptydir-data'],
      deleteNode: flags['delete-node'],
    };
    checkResetSpec(spec);
    const targets = await targetsOf(targetOptions(flags));
    const dryRun = flags['dry-run'];
    const labels = targets.map(({ label }) => label);
    const output = this.openOutput({ verbose: flags.verbose, hosts: labels, logFile: flags['log-file'], dryRun });
    const { signal, done } = commandSignal(durationOf(flags.timeout, '--timeout') ?? DEFAULT_TIMEOUT_MS);
    const confirm = flags.force || flags.yes || dryRun ? undefined : confirmOnce(output, labels, signal);
    const { version } = this.config;
    const work: Parameters<typeof onHosts>[2] = (machine, { label }) =>
      withNode(machine, { command: 'reset', version, changes: !dryRun }, async (session) => {
        const result = await reset({ spec, session, label, emit: output.emit, signal, dryRun, confirm });
        const outcome = result.changed ? (dryRun ? 'planned' : 'reset') : 'never joined';
        return { outcome, data: { ...result } };
      });
    try {
      const result = await onHosts(targets, { command: 'reset', concurrency: flags.concurrency, output }, work);
      const thisMachine = !flags.host && !flags.inventory && !flags.root;
      // The program is on the node for the node's sake: not even what it has unpacked stays.
      if (thisMachine && result.ok && !dryRun) await removeUnpacked();
      await this.finish(result);
    } finally {
      done();
    }
  }
}

/**
 * Asks once for all hosts, and on a terminal only: scripts written for the original call a bare `edgeadm reset`.
 * @returns what rejects with INTERRUPTED where the answer is no; undefined where nobody can answer
 */
function confirmOnce(output: Output, hosts: readonly string[], signal: AbortSignal): (() => Promise<void>) | undefined {
  const ask = confirmOnTerminal(output, signal);
  if (!ask) return undefined;
  return memoize(async () => {
    if (await ask(`Reset ${hosts.join(', ')}: stop and remove every pod?`)) return;
    throw answeredNo('edgeadm reset --dry-run shows what a reset would do');
  });
}
