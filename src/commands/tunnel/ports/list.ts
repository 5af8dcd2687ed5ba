import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { listFlag } from '../../../cli/flags.ts';
import { forwardedPorts, portTable } from '../../../cli/tunnel/ports.ts';
import { findTunnel } from '../../../phases/tunnel/tunnel.ts';

export default class TunnelPortsList extends BaseCommand {
  static override summary = 'List the ports of edge nodes that can be reached from the cloud.';
  static override description = 'User guide: chapter 8.2, Cloud-edge tunneling.';
  static override examples = ['<%= config.bin %> tunnel ports list'];
  static override flags = { ...kubeconfigFlag, ...listFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(TunnelPortsList);
    this.openOutput({ looksOnly: true });
    const tunnel = await withCluster(flags.kubeconfig, findTunnel);
    const data = forwardedPorts(tunnel).map((each) => ({ ...each, port: Number(each.port) }));
    await this.show({ data, text: portTable(tunnel), names: data.map(({ port }) => `port/${port}`) });
  }
}
