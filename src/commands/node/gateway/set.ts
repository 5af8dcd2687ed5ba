import { ChangeCommand, objectChangeFlags } from '../../../cli/changes/change-command.ts';
import { nodeArgs, nodeQueryOf } from '../../../cli/changes/node-flags.ts';
import { commandLine } from '../../../host/quote.ts';
import { listNodes } from '../../../kubernetes/node/list-nodes.ts';
import { nodeNameOf } from '../../../kubernetes/node/node.ts';
import { nodesToChange } from '../../../phases/node/chosen-nodes.ts';
import { checkGatewayController, gatewayChanges, isGateway } from '../../../phases/node/gateway.ts';

export default class NodeGatewaySet extends ChangeCommand {
  static override summary = 'Make a cloud node the gateway through which the API server reaches pods at the edge.';
  static override description =
    'For edge networks over Express Connect, with edge-controller-manager 2.1 or newer. Sets the label node-role.alibabacloud.com/cloud-gateway. Documents on edge networks: Express Connect.';
  static override examples = ['<%= config.bin %> node gateway set cn-hangzhou.i-bp1'];
  static override strict = false;
  static override args = nodeArgs;
  static override flags = objectChangeFlags;

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(NodeGatewaySet);
    await this.change(flags, async (client, signal) => {
      const nodes = await nodesToChange(client, nodeQueryOf(argv, {}), signal);
      const changes = gatewayChanges(nodes, true);
      const warnings = await checkGatewayController(client, signal);
      const names = nodes.map(nodeNameOf);
      const others = (await listNodes(client, { signal })).filter(isGateway).map(nodeNameOf);
      const more = others.filter((name) => !names.includes(name));
      const fresh = nodes.filter((node) => !isGateway(node)).map(nodeNameOf);
      return {
        changes,
        effect: [
          `The API server reaches pods and Services at the edge through ${names.join(', ')}.`,
          ...(more.length > 0 ? [`Gateways as well: ${more.join(', ')}.`] : []),
          ...warnings,
        ],
        undo: fresh.length > 0 ? [commandLine(['edgeadm', 'node', 'gateway', 'unset', ...fresh])] : [],
      };
    });
  }
}
