import { BaseCommand } from '../cli/base-command.ts';
import { joinArgs, joinFlags } from '../cli/join/flags.ts';
import { runPreflight } from '../cli/preflight/run.ts';

/** It takes any line for join; help and completion leave out what has no effect here. */
const WITHOUT_EFFECT = ['dry-run', 'reboot', 'rollback-on-failure', 'skip-phases'] as const;
const hidden = Object.fromEntries(WITHOUT_EFFECT.map((name) => [name, { ...joinFlags[name], hidden: true }]));

export default class Preflight extends BaseCommand {
  static override summary = 'Check a machine and its connection to the cluster, without changing anything.';
  static override description = 'Takes the flags of join and runs the checks that a join would run first.';
  static override examples = [
    '<%= config.bin %> preflight 10.0.0.1:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:HEX',
  ];
  static override args = joinArgs;
  static override flags: typeof joinFlags = { ...joinFlags, ...hidden };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(Preflight);
    await this.finish(await runPreflight({ flags, server: args['api-server'] }, this.host));
  }
}
