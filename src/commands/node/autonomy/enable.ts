import { Flags } from '@oclif/core';
import { ChangeCommand, objectChangeFlags } from '../../../cli/changes/change-command.ts';
import { nodeArgs, nodeChoiceFlags, nodeQueryOf } from '../../../cli/changes/node-flags.ts';
import { autonomyUndo, keeperNotes } from '../../../cli/node/autonomy-text.ts';
import { usageError } from '../../../errors/usage.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { autonomyChanges, autonomyKeeper, refuseOldKeeper } from '../../../phases/node/autonomy.ts';
import { nodesToChange } from '../../../phases/node/chosen-nodes.ts';

export default class NodeAutonomyEnable extends ChangeCommand {
  static override summary = 'Keep the pods of edge nodes while the nodes are disconnected.';
  static override description =
    'Pods of an autonomous node are neither evicted nor moved while the node is NotReady. Edge nodes are not autonomous until this is set; cloud nodes cannot be. User guide: chapter 7.2, Configure node autonomy.';
  static override examples = [
    '<%= config.bin %> node autonomy enable shop-17',
    '<%= config.bin %> node autonomy enable --nodepool shops --dry-run',
    '<%= config.bin %> node autonomy enable shop-17 --duration 2h',
  ];
  static override strict = false;
  static override args = nodeArgs;
  static override flags = {
    ...objectChangeFlags,
    ...nodeChoiceFlags,
    duration: Flags.string({
      helpValue: 'DURATION',
      description: 'evict the pods after this time, such as 2h; OpenYurt 1.6 and newer; default: no limit',
    }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(NodeAutonomyEnable);
    const { duration } = flags;
    if (duration !== undefined && !isGoDuration(duration))
      throw usageError([`--duration: "${duration}" is not a duration such as 90s, 30m or 2h`]);
    const query = nodeQueryOf(argv, flags);
    await this.change(flags, async (client, signal) => {
      const nodes = await nodesToChange(client, query, signal);
      const changes = autonomyChanges(nodes, true, duration);
      const keeper = await autonomyKeeper(client, signal);
      if (duration !== undefined) refuseOldKeeper(keeper);
      const limit = duration === undefined ? '' : ` for up to ${duration}`;
      return {
        changes,
        effect: [
          `While such a node is disconnected${limit}, its pods are neither evicted nor moved to other nodes.`,
          ...keeperNotes(nodes, keeper),
        ],
        undo: autonomyUndo(nodes, { autonomous: true, duration }),
      };
    });
  }
}

/** Go has no days, and the controller ignores what it cannot read. */
function isGoDuration(text: string): boolean {
  return !text.includes('d') && (parseDuration(text) ?? 0) > 0;
}
