import { Args } from '@oclif/core';
import { ChangeCommand, objectChangeFlags } from '../../../cli/changes/change-command.ts';
import { findService, namespaceFlag, serviceArg, topologyEffect } from '../../../cli/service/topology.ts';
import { commandLine } from '../../../host/quote.ts';
import { serverVersionOf } from '../../../kubernetes/version.ts';
import { TOPOLOGY_WORDS, topologyChange, topologyOf, topologyValue } from '../../../phases/service/topology.ts';

export default class ServiceTopologySet extends ChangeCommand {
  static override summary = 'Limit a Service to endpoints on the node, or in the node pool, of the client.';
  static override description =
    'Sets the annotation openyurt.io/topologyKeys. `nodepool` stands for openyurt.io/nodepool, or for kubernetes.io/zone in ACK@Edge clusters before 1.18. User guide: chapter 6.4, Configure a Service topology.';
  static override examples = [
    '<%= config.bin %> service topology set web nodepool',
    '<%= config.bin %> service topology set web node --namespace shops --dry-run',
  ];
  static override args = {
    ...serviceArg,
    topology: Args.string({
      required: true,
      options: [...TOPOLOGY_WORDS],
      description: 'what the Service is limited to',
    }),
  };
  static override flags = { ...objectChangeFlags, ...namespaceFlag };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(ServiceTopologySet);
    const { namespace } = flags;
    await this.change(flags, async (client, signal) => {
      const { body, server } = await client.request('GET', '/version', { signal });
      const value = topologyValue(args.topology, serverVersionOf(body, server));
      const service = await findService(client, { namespace, name: args.service }, signal);
      const before = topologyOf(service).value;
      const undo = before === undefined ? ['unset', args.service] : ['set', args.service, before];
      return {
        changes: [topologyChange(service, value)],
        effect: [
          ...topologyEffect(topologyOf({ metadata: { annotations: { 'openyurt.io/topologyKeys': value } } }).topology),
          `Who reaches what: ${commandLine(['edgeadm', 'service', 'topology', 'explain', args.service, '--namespace', namespace])}`,
        ],
        undo: [commandLine(['edgeadm', 'service', 'topology', ...undo, '--namespace', namespace])],
      };
    });
  }
}
