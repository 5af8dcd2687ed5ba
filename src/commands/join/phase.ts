import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { joinArgs, joinFlags } from '../../cli/join/flags.ts';
import { noPhase, runJoin } from '../../cli/join/run.ts';
import { usageError } from '../../errors/usage.ts';
import { joinPhases } from '../../phases/join/index.ts';
import { phaseNames } from '../../workflow/phase.ts';

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
    const names = phaseNames(joinPhases as never);
    if (!names.includes(args.phase)) throw usageError([noPhase(args.phase, names)]);
    const output = { open: (options: object) => this.openOutput(options), version: this.config.version };
    await this.finish(await runJoin({ flags, server: args.server }, output, args.phase));
  }
}
