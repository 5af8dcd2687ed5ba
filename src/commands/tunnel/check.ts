import { BaseCommand } from '../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../cli/cluster-access.ts';
import { listFlag } from '../../cli/flags.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { localMachine } from '../../host/local.ts';
import { table } from '../../output/table.ts';
import { judgeTunnel, readTunnelParts } from '../../phases/tunnel/check.ts';
import { judgeRaven, readRavenParts } from '../../phases/tunnel/raven-check.ts';
import { checkServerCertificate } from '../../phases/tunnel/server-certificate.ts';
import { findTunnel } from '../../phases/tunnel/tunnel.ts';

export default class TunnelCheck extends BaseCommand {
  static override summary = 'Check the parts of the tunnel to edge nodes: server, load balancer, certificate, agents.';
  static override description =
    'Reads the objects of the tunnel, or of Raven in clusters of OpenYurt, and the certificate of the server if this machine can reach its load balancer. User guide: chapter 8.2, Cloud-edge tunneling.';
  static override examples = ['<%= config.bin %> tunnel check', '<%= config.bin %> tunnel check -o json'];
  static override flags = { ...kubeconfigFlag, ...listFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(TunnelCheck);
    this.openOutput({ looksOnly: true });
    const checks = await withCluster(flags.kubeconfig, async (client, signal) => {
      const tunnel = await findTunnel(client, signal);
      if (tunnel.kind === 'raven') return judgeRaven(await readRavenParts(client, tunnel, signal));
      const parts = await readTunnelParts(client, tunnel.names, signal);
      return [...judgeTunnel(parts, tunnel.names), await checkServerCertificate(parts, localMachine(), signal)];
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
