import { ChangeCommand, objectChangeFlags } from '../../../cli/changes/change-command.ts';
import { nodeArgs, nodeChoiceFlags, nodeQueryOf } from '../../../cli/changes/node-flags.ts';
import { autonomyUndo } from '../../../cli/node/autonomy-text.ts';
import { isReady } from '../../../kubernetes/node/conditions.ts';
import { nodeNameOf } from '../../../kubernetes/node/node.ts';
import { autonomyChanges, autonomyOf } from '../../../phases/node/autonomy.ts';
import { nodesToChange } from '../../../phases/node/chosen-nodes.ts';

export default class NodeAutonomyDisable extends ChangeCommand {
  static override summary = 'Evict the pods of edge nodes if the nodes are disconnected for too long.';
  static override description =
    'Pods of a node without autonomy are evicted a few minutes after it becomes NotReady, and replaced on other nodes. That is the default. Asks before the change if a node is NotReady. User guide: chapter 7.2, Configure node autonomy.';
  static override examples = [
    '<%= config.bin %> node autonomy disable shop-17',
    '<%= config.bin %> node autonomy disable --selector zone=north --dry-run',
  ];
  static override strict = false;
  static override args = nodeArgs;
  static override flags = { ...objectChangeFlags, ...nodeChoiceFlags };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(NodeAutonomyDisable);
    const query = nodeQueryOf(argv, flags);
    await this.change(flags, async (client, signal) => {
      const nodes = await nodesToChange(client, query, signal);
      const away = nodes.filter((node) => !isReady(node) && autonomyOf(node).autonomous).map(nodeNameOf);
      return {
        changes: autonomyChanges(nodes, false),
        effect: [
          'If such a node is disconnected, its pods are evicted after a few minutes and replaced on other nodes.',
        ],
        undo: autonomyUndo(nodes, { autonomous: false, duration: undefined }),
        question: away.length > 0 ? `Evict the pods of nodes that are NotReady now: ${away.join(', ')}?` : undefined,
      };
    });
  }
}
