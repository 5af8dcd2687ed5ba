import { Flags } from '@oclif/core';
import { ChangeCommand, objectChangeFlags } from '../../../cli/changes/change-command.ts';
import { gatewayFlag, intendRemove, portArgs, portsOf } from '../../../cli/tunnel/ports.ts';
import { findTunnel } from '../../../phases/tunnel/tunnel.ts';

export default class TunnelPortsRemove extends ChangeCommand {
  static override summary = 'Stop forwarding ports of edge nodes through the tunnel.';
  static override description =
    'Asks before the change, because clients in the cloud can no longer reach the ports. The ports of the kubelet and the default ports of localhost stay. User guide: chapter 8.2, Cloud-edge tunneling.';
  static override examples = ['<%= config.bin %> tunnel ports remove 9051 --yes'];
  static override strict = false;
  static override args = portArgs;
  static override flags = {
    ...objectChangeFlags,
    ...gatewayFlag,
    localhost: Flags.boolean({ description: 'only stop forwarding requests for 127.0.0.1 of the node' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(TunnelPortsRemove);
    const request = { ports: portsOf(argv), localhost: flags.localhost };
    await this.change(flags, async (client, signal) =>
      intendRemove(await findTunnel(client, signal), request, flags.gateway),
    );
  }
}
