import { ChangeCommand, objectChangeFlags } from '../../../cli/changes/change-command.ts';
import { nodeArgs, nodeQueryOf } from '../../../cli/changes/node-flags.ts';
import { commandLine } from '../../../host/quote.ts';
import { nodeNameOf } from '../../../kubernetes/node/node.ts';
import { nodesToChange } from '../../../phases/node/chosen-nodes.ts';
import { gatewayChanges, isGateway } from '../../../phases/node/gateway.ts';

export default class NodeGatewayUnset extends ChangeCommand {
  static override summary = 'Make a gateway an ordinary cloud node again.';
  static override description =
    'Asks before the change: the API server no longer reaches pods at the edge, unless another node is a gateway. Documents on edge networks: Express Connect.';
  static override examples = ['<%= config.bin %> node gateway unset cn-hangzhou.i-bp1 --yes'];
  static override strict = false;
  static override args = nodeArgs;
  static override flags = objectChangeFlags;

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(NodeGatewayUnset);
    await this.change(flags, async (client, signal) => {
      const nodes = await nodesToChange(client, nodeQueryOf(argv, {}), signal);
      const gone = nodes.filter(isGateway).map(nodeNameOf);
      return {
        changes: gatewayChanges(nodes, false),
        effect: [],
        undo: gone.length > 0 ? [commandLine(['edgeadm', 'node', 'gateway', 'set', ...gone])] : [],
        question: `Remove the gateway ${gone.join(', ')}? The API server then reaches pods at the edge through other gateways only.`,
      };
    });
  }
}
