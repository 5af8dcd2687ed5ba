import { BaseCommand } from '../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../cli/cluster-access.ts';
import { lookAtNodes, lookFlags } from '../../cli/hub/look.ts';
import { overlayTable } from '../../cli/network/text.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { tryOverlay } from '../../phases/network/overlay.ts';
import { overlayPeers } from '../../phases/network/overlay-peers.ts';

export default class NetworkCheck extends BaseCommand {
  static override summary = "Test Flannel's VXLAN (UDP 8472) between nodes, in both directions.";
  static override description =
    'From each node, connects to the address of flannel.1 on every other node: request and answer are packets of UDP 8472. Nodes whose pools are not interconnected may fail. A node without Flannel cannot be tested. Documents on edge networks: Network requirements.';
  static override examples = [
    '<%= config.bin %> network check --kubeconfig admin.conf --host root@10.0.0.11',
    '<%= config.bin %> network check --kubeconfig admin.conf --inventory hosts.yaml -o json',
  ];
  static override flags = { ...lookFlags, ...kubeconfigFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(NetworkCheck);
    const { kubeconfig, ...rest } = flags;
    const peersOf = await withCluster(kubeconfig, overlayPeers);
    const result = await lookAtNodes('network check', rest, this.host, async (machine, signal) => {
      const network = await machine.network();
      const checks = await tryOverlay(machine, peersOf(network), signal);
      const failed = checks.filter(({ result: found, expected }) => found === 'failed' && expected !== 'no');
      if (failed.length > 0)
        throw new EdgeadmError({
          code: 'NETWORK_CHECK_FAILED',
          what: `VXLAN does not work to ${failed.length} of ${checks.length} nodes`,
          why: failed.map(({ node, address, found }) => `${node} (${address}): ${found}`).join('\n'),
        });
      return {
        data: { nodes: checks },
        text: overlayTable(checks),
        names: checks.map(({ node }) => `node/${node}`),
      };
    });
    await this.finish(result);
  }
}
