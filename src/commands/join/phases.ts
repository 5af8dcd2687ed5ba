import { BaseCommand } from '../../cli/base-command.ts';
import { listFlag } from '../../cli/flags.ts';
import { table } from '../../output/table.ts';
import { joinPhases } from '../../phases/join/index.ts';
import type { Phase } from '../../workflow/phase.ts';

export default class JoinPhases extends BaseCommand {
  static override summary = 'List the phases of a join, in order.';
  static override examples = ['<%= config.bin %> join phases'];
  static override flags = listFlag;

  async run(): Promise<void> {
    await this.parse(JoinPhases);
    const rows = list(joinPhases as readonly Phase<never>[], '');
    await this.show({
      data: rows,
      text: table(rows.map(({ name, title }) => ({ name, title }))),
      names: rows.map(({ name }) => `phase/${name}`),
    });
  }
}

function list(phases: readonly Phase<never>[], parent: string): { name: string; title: string }[] {
  return phases.flatMap((phase) => [
    { name: `${parent}${phase.name}`, title: phase.title },
    ...list(phase.phases ?? [], `${parent}${phase.name}/`),
  ]);
}
