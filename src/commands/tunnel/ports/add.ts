import { Flags } from '@oclif/core';
import { ChangeCommand, objectChangeFlags } from '../../../cli/changes/change-command.ts';
import { gatewayFlag, intendAdd, portArgs, portsOf } from '../../../cli/tunnel/ports.ts';
import { findTunnel } from '../../../phases/tunnel/tunnel.ts';

export default class TunnelPortsAdd extends ChangeCommand {
  static override summary = 'Forward more ports of edge nodes through the tunnel.';
  static override description =
    'The tunnel always forwards the ports of the kubelet, 10250 and 10255. Clusters of 1.18.8-aliyunedge.1 forward other ports over HTTP only; from 1.20.11-aliyunedge.1 on also over HTTPS and from localhost. In clusters of OpenYurt with Raven, the ports are those of a gateway. User guide: chapter 8.2, Cloud-edge tunneling.';
  static override examples = [
    '<%= config.bin %> tunnel ports add 9051',
    '<%= config.bin %> tunnel ports add 9052 8080 --https --dry-run',
    '<%= config.bin %> tunnel ports add 8080 --https --localhost',
  ];
  static override strict = false;
  static override args = portArgs;
  static override flags = {
    ...objectChangeFlags,
    ...gatewayFlag,
    https: Flags.boolean({ description: 'the ports are HTTPS; a port is HTTP or HTTPS, not both' }),
    localhost: Flags.boolean({ description: 'also forward requests for 127.0.0.1 of the node' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(TunnelPortsAdd);
    const request = { ports: portsOf(argv), https: flags.https, localhost: flags.localhost };
    await this.change(flags, async (client, signal) =>
      intendAdd(await findTunnel(client, signal), request, flags.gateway),
    );
  }
}
