import { listFaults } from '../../../../sandbox/cloud/faults.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { listFlag } from '../../../cli/flags.ts';
import { sandboxFlags } from '../../../cli/sandbox/flags.ts';
import { withSandboxStore } from '../../../cli/sandbox/store.ts';
import { table } from '../../../output/table.ts';

export default class SandboxFaultList extends BaseCommand {
  static override summary = "List the pending faults of the sandbox's cloud.";
  static override examples = ['<%= config.bin %> sandbox fault list'];
  static override flags = { ...sandboxFlags, ...listFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxFaultList);
    const faults = await withSandboxStore(flags.dir, listFaults);
    const rows = faults.map(({ id, action, mode, times }) => ({ id, action, mode, times }));
    await this.show({
      data: faults,
      text: table(rows) || 'No faults are pending.\n',
      names: faults.map(({ id }) => `fault/${id}`),
    });
  }
}
