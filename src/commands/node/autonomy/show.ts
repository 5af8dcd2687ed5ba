import { BaseCommand } from '../../../cli/base-command.ts';
import { nodeArgs, nodeChoiceFlags, nodeQueryOf } from '../../../cli/changes/node-flags.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { listFlag } from '../../../cli/flags.ts';
import { autonomyTable } from '../../../cli/node/autonomy-text.ts';
import { autonomyOf } from '../../../phases/node/autonomy.ts';
import { chosenNodes } from '../../../phases/node/chosen-nodes.ts';

export default class NodeAutonomyShow extends BaseCommand {
  static override summary = 'Show which nodes keep their pods while they are disconnected.';
  static override description = 'User guide: chapter 7.2, Configure node autonomy.';
  static override examples = [
    '<%= config.bin %> node autonomy show',
    '<%= config.bin %> node autonomy show --nodepool shops -o wide',
  ];
  static override strict = false;
  static override args = nodeArgs;
  static override flags = { ...kubeconfigFlag, ...listFlag, ...nodeChoiceFlags };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(NodeAutonomyShow);
    this.openOutput({ looksOnly: true });
    const query = nodeQueryOf(argv, flags);
    const shown = await withCluster(flags.kubeconfig, async (client, signal) =>
      (await chosenNodes(client, query, signal)).map(autonomyOf),
    );
    await this.show({
      data: shown,
      text: autonomyTable(shown) || 'No nodes found.\n',
      names: shown.map(({ name }) => `node/${name}`),
      wide: autonomyTable(shown, true) || 'No nodes found.\n',
    });
  }
}
