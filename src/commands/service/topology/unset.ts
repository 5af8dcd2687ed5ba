import { ChangeCommand, objectChangeFlags } from '../../../cli/changes/change-command.ts';
import { findService, namespaceFlag, serviceArg, topologyEffect } from '../../../cli/service/topology.ts';
import { commandLine } from '../../../host/quote.ts';
import { topologyChange, topologyOf } from '../../../phases/service/topology.ts';

export default class ServiceTopologyUnset extends ChangeCommand {
  static override summary = 'Let clients on all nodes reach all endpoints of a Service.';
  static override description =
    'Removes the annotation openyurt.io/topologyKeys. User guide: chapter 6.4, Configure a Service topology.';
  static override examples = ['<%= config.bin %> service topology unset web'];
  static override args = serviceArg;
  static override flags = { ...objectChangeFlags, ...namespaceFlag };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(ServiceTopologyUnset);
    const { namespace } = flags;
    await this.change(flags, async (client, signal) => {
      const service = await findService(client, { namespace, name: args.service }, signal);
      const before = topologyOf(service).value;
      const undo = ['edgeadm', 'service', 'topology', 'set', args.service, before ?? '', '--namespace', namespace];
      return {
        changes: [topologyChange(service, undefined)],
        effect: topologyEffect('unlimited'),
        undo: before === undefined ? [] : [commandLine(undo)],
      };
    });
  }
}
