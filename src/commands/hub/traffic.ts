import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { lookAtNodes, lookFlags } from '../../cli/hub/look.ts';
import { formatBytes } from '../../lib/format-bytes.ts';
import { table } from '../../output/table.ts';
import { readTraffic, type Traffic, trafficByResource } from '../../phases/hub/traffic.ts';

export default class HubTraffic extends BaseCommand {
  static override summary = 'Show what programs on a node have read from the API server, in bytes by resource.';
  static override description =
    "Reads the metric node_edge_hub_proxy_traffic_collector of the edge-hub (yurthub: node_yurthub_proxy_traffic_collector) at port 10267 of the node. The counters start at zero when the hub starts. User guide: chapter 3.2, release notes of 1.18; the vendor's edge-hub has them from that version on.";
  static override examples = [
    '<%= config.bin %> hub traffic',
    '<%= config.bin %> hub traffic --host root@10.0.0.11 --verbs',
  ];
  static override flags = {
    ...lookFlags,
    verbs: Flags.boolean({ description: 'one line for each verb: get, list, watch' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HubTraffic);
    const result = await lookAtNodes('hub traffic', flags, this.host, async (machine, signal) => {
      const traffic = await readTraffic(machine, signal);
      const clients = [...new Set(traffic.map(({ client }) => client))];
      return {
        data: { traffic },
        text: trafficTable(traffic, flags.verbs),
        wide: trafficTable(traffic, true),
        names: clients.map((client) => `agent/${client}`),
      };
    });
    await this.finish(result);
  }
}

function trafficTable(traffic: readonly Traffic[], verbs: boolean): string {
  const rows: readonly (Omit<Traffic, 'verb'> & { readonly verb?: string })[] = verbs
    ? traffic
    : trafficByResource(traffic);
  const total = traffic.reduce((sum, { bytes }) => sum + bytes, 0);
  const lines = rows.map(({ client, verb, resource, bytes }) => ({
    client,
    resource,
    ...(verb && { verb }),
    traffic: formatBytes(bytes),
  }));
  return `${table(lines)}\nTotal since the hub was started: ${formatBytes(total)}\n`;
}
