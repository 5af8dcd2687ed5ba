import { BaseCommand } from '../../cli/base-command.ts';
import { lookAtNodes, lookFlags } from '../../cli/hub/look.ts';
import { table } from '../../output/table.ts';
import { checkEndpoints, POD_ENDPOINT, refuseBrokenEndpoints } from '../../phases/hub/endpoints.ts';

export default class HubEndpoints extends BaseCommand {
  static override summary = 'Check that programs and pods on a node reach the API server through the edge-hub.';
  static override description =
    'Tries ports 10261, 10267 and 10268 from the node. Unmodified pods use https://169.254.2.1:10268, so the certificate of the hub must be valid for that address and signed by the CA of the cluster. User guide: chapter 8.4, access the API server from pods on edge nodes.';
  static override examples = [
    '<%= config.bin %> hub endpoints',
    '<%= config.bin %> hub endpoints --inventory hosts.yaml -o json',
  ];
  static override flags = lookFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(HubEndpoints);
    const result = await lookAtNodes('hub endpoints', flags, this.host, async (machine, signal) => {
      const endpoints = await checkEndpoints(machine, signal);
      refuseBrokenEndpoints(endpoints);
      const rows = endpoints.map(({ endpoint, purpose, found }) => ({ endpoint, for: purpose, found }));
      const environment = {
        KUBERNETES_SERVICE_HOST: POD_ENDPOINT.host,
        KUBERNETES_SERVICE_PORT: String(POD_ENDPOINT.port),
      };
      const lines = Object.entries(environment).map(([name, value]) => `  ${name}=${value}\n`);
      return {
        data: { endpoints, environment },
        names: endpoints.map(({ endpoint }) => `endpoint/${endpoint}`),
        text: `${table(rows)}\nThe edge-hub sets these variables in the pods of this node:\n${lines.join('')}`,
      };
    });
    await this.finish(result);
  }
}
