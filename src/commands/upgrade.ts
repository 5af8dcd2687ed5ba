import { BundleStore } from '../artifacts/bundle-store.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { durationOf, nodeFlags } from '../cli/flags.ts';
import { onHosts } from '../cli/hosts.ts';
import { commandSignal } from '../cli/signals.ts';
import { targetOptions } from '../cli/target-options.ts';
import { upgradeFlags, upgradeSpec } from '../cli/upgrade/flags.ts';
import { DEFAULT_TIMEOUT_MS } from '../config/join-spec.ts';
import { withNode } from '../host/node-session.ts';
import { targetsOf } from '../host/targets.ts';
import { upgrade } from '../phases/upgrade/upgrade.ts';

export default class Upgrade extends BaseCommand {
  static override summary = 'Take a node to a newer version of Kubernetes, or leave it as it was.';
  static override description =
    'Run it on the node, or with --host over SSH, after the control plane was upgraded. When it fails, the version before runs again; when it was killed, the same command goes on.';
  static override examples = [
    '<%= config.bin %> upgrade --target-version 1.20.3 --bundle /opt/bundle-1.20.3',
    '<%= config.bin %> upgrade --host root@10.0.0.11 --bundle https://example.com/1.20.3 --kubeconfig admin.conf --drain',
  ];
  static override flags = { ...nodeFlags, ...upgradeFlags };

  async run(): Promise<void> {
    const { flags } = await this.parse(Upgrade);
    const spec = upgradeSpec(flags);
    const targets = await targetsOf(targetOptions(flags));
    const dryRun = flags['dry-run'];
    const labels = targets.map(({ label }) => label);
    const output = this.openOutput({ verbose: flags.verbose, hosts: labels, logFile: flags['log-file'], dryRun });
    const { signal, done } = commandSignal(durationOf(flags.timeout, '--timeout') ?? DEFAULT_TIMEOUT_MS);
    const { version } = this.config;
    const bundles = new BundleStore();
    const work: Parameters<typeof onHosts>[2] = (machine, { label }) =>
      withNode(machine, { command: 'upgrade', version, changes: !dryRun }, async (session) => {
        const result = await upgrade({ spec, session, label, emit: output.emit, signal, dryRun, bundles });
        const { outcome, ...data } = result;
        return { outcome: dryRun && outcome === 'upgraded' ? 'planned' : outcome, data };
      });
    try {
      await this.finish(await onHosts(targets, { command: 'upgrade', concurrency: flags.concurrency, output }, work));
    } finally {
      await bundles.close();
      done();
    }
  }
}
