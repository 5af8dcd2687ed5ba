import { clearFaults } from '../../../../sandbox/cloud/faults.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { sandboxFlags } from '../../../cli/sandbox/flags.ts';
import { withSandboxStore } from '../../../cli/sandbox/store.ts';
import { count } from '../../../lib/count.ts';

export default class SandboxFaultClear extends BaseCommand {
  static override summary = "Remove all pending faults of the sandbox's cloud.";
  static override examples = ['<%= config.bin %> sandbox fault clear'];
  static override flags = sandboxFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxFaultClear);
    const cleared = await withSandboxStore(flags.dir, clearFaults);
    await this.finish({
      ok: true,
      hosts: [],
      data: { cleared },
      text: `${count('fault', cleared)} cleared\n`,
    });
  }
}
