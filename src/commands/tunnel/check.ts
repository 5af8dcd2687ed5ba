import { BaseCommand } from '../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../cli/cluster-access.ts';
import { listFlag } from '../../cli/flags.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { table } from '../../output/table.ts';
import { judgeTunnel, readTunnelParts } from '../../phases/tunnel/check.ts';
import { findTunnel } from '../../phases/tunnel/tunnel.ts';

export default class TunnelCheck extends BaseCommand {
  static override summary = 'Check what the tunnel to edge nodes is made of: server, load balancer, agents.';
  static override description =
    'Reads the objects of the tunnel; no connection is tried, and the certificate of the server is not looked at. Clusters of OpenYurt with Raven have no such objects and are refused. User guide: chapter 8.2, Cloud-edge tunneling.';
  static override examples = ['<%= config.bin %> tunnel check', '<%= config.bin %> tunnel check -o json'];
  static override flags = { ...kubeconfigFlag, ...listFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(TunnelCheck);
    this.openOutput({ looksOnly: true });
    const checks = await withCluster(flags.kubeconfig, async (client, signal) => {
      const tunnel = await findTunnel(client, signal);
      if (tunnel.kind === 'raven')
        throw new EdgeadmError({
          code: 'SETTING_REFUSED',
          what: 'this cluster has Raven, which tunnel check does not support',
          next: 'kubectl get gateways.raven.openyurt.io',
        });
      return judgeTunnel(await readTunnelParts(client, tunnel.names, signal), tunnel.names);
    });
    const failed = checks.filter(({ ok }) => !ok);
    const rows = checks.map(({ check, ok, found, next }) => ({ check, result: ok ? 'ok' : 'failed', found, next }));
    const error =
      failed.length > 0
        ? new EdgeadmError({
            code: 'CLUSTER_CHECK_FAILED',
            what: `${failed.length} of ${checks.length} checks of the tunnel failed`,
            next: failed[0]?.next,
          })
        : undefined;
    const names = checks.map(({ check }) => `check/${check.replaceAll(' ', '-')}`);
    await this.show({ data: checks, text: table(rows), names }, error);
  }
}
