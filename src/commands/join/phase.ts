import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { joinArgs, joinFlags } from '../../cli/join/flags.ts';
import { runJoin } from '../../cli/join/run.ts';

export default class JoinPhase extends BaseCommand {
  static override summary = 'Run one phase of a join, with its sub-phases.';
  static override examples = ['<%= config.bin %> join phase prepare-node 10.0.0.1:6443 --config join.yaml'];
  static override args = {
    phase: Args.string({ required: true, description: 'name, see `edgeadm join phases`' }),
    ...joinArgs,
  };
  static override flags = joinFlags;

  async run(): Promise<void> {
    const { flags, args } = await this.parse(JoinPhase);
    await this.finish(await runJoin({ flags, server: args['api-server'] }, this.host, args.phase));
  }
}
