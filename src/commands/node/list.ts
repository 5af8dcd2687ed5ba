import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { nodeArgs, nodeChoiceFlags, nodeQueryOf } from '../../cli/changes/node-flags.ts';
import { kubeconfigFlag, withCluster } from '../../cli/cluster-access.ts';
import { listFlag } from '../../cli/flags.ts';
import { clusterNodeTable } from '../../cli/node/cluster-nodes.ts';
import { chosenNodes } from '../../phases/node/chosen-nodes.ts';
import { describeNodes } from '../../phases/node/cluster-nodes.ts';

export default class NodeList extends BaseCommand {
  static override summary = 'List edge nodes and cloud nodes with pool, autonomy, edge-hub and versions.';
  static override description =
    'HUB is the version of the edge-hub that runs as a static pod; a hub that runs as a service of the node does not show in the cluster. --certificates asks the kubelet of each node, through the API server. User guide: chapter 7, Node management.';
  static override examples = [
    '<%= config.bin %> node list',
    '<%= config.bin %> node list --nodepool shops -o wide',
    '<%= config.bin %> node list --certificates',
  ];
  static override strict = false;
  static override args = nodeArgs;
  static override flags = {
    ...kubeconfigFlag,
    ...listFlag,
    ...nodeChoiceFlags,
    certificates: Flags.boolean({ description: 'also show when the client certificate of each kubelet ends' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(NodeList);
    this.openOutput({ looksOnly: true });
    const { certificates, kubeconfig } = flags;
    const nodes = await withCluster(kubeconfig, async (client, signal) => {
      const chosen = await chosenNodes(client, nodeQueryOf(argv, flags), signal);
      return describeNodes(client, chosen, { certificates, signal });
    });
    const text = (wide: boolean): string => clusterNodeTable(nodes, { wide, certificates }) || 'No nodes found.\n';
    await this.show({
      data: nodes,
      text: text(false),
      wide: text(true),
      names: nodes.map(({ name }) => `node/${name}`),
    });
  }
}
