import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { listFlag } from '../../../cli/flags.ts';
import { findService, namespaceFlag, reachText, serviceArg } from '../../../cli/service/topology.ts';
import { listNodes } from '../../../kubernetes/node/list-nodes.ts';
import { readEndpoints } from '../../../phases/service/endpoints.ts';
import { reachOf } from '../../../phases/service/reach.ts';
import { topologyOf } from '../../../phases/service/topology.ts';

export default class ServiceTopologyExplain extends BaseCommand {
  static override summary = 'Explain which endpoints of a Service each node reaches, and which nodes reach none.';
  static override description =
    'Computes which endpoints the edge-hub of each node passes on to clients; makes no connections. User guide: chapter 6.4, Configure a Service topology.';
  static override examples = ['<%= config.bin %> service topology explain web'];
  static override args = serviceArg;
  static override flags = { ...kubeconfigFlag, ...listFlag, ...namespaceFlag };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(ServiceTopologyExplain);
    this.openOutput({ looksOnly: true });
    const { namespace } = flags;
    const { topology, reach } = await withCluster(flags.kubeconfig, async (client, signal) => {
      const service = await findService(client, { namespace, name: args.service }, signal);
      const [nodes, endpoints] = await Promise.all([
        listNodes(client, { signal }),
        readEndpoints(client, { namespace, name: args.service }, signal),
      ]);
      const found = topologyOf(service);
      return { topology: found, reach: reachOf(found.topology, nodes, endpoints) };
    });
    await this.show({
      data: { ...topology, nodes: reach },
      text: reachText(topology, reach),
      names: reach.map(({ node }) => `node/${node}`),
    });
  }
}
