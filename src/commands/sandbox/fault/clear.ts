import { clearFaults } from '../../../../sandbox/cloud/faults.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { sandboxFlags } from '../../../cli/sandbox/flags.ts';
import { withSandboxStore } from '../../../cli/sandbox/store.ts';

export default class SandboxFaultClear extends BaseCommand {
  static override summary = "Take back all faults of the sandbox's cloud that have not struck yet.";
  static override examples = ['<%= config.bin %> sandbox fault clear'];
  static override flags = sandboxFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxFaultClear);
    const cleared = await withSandboxStore(flags.dir, clearFaults);
    await this.finish({ ok: true, hosts: [], data: { cleared }, text: `${cleared} faults cleared\n` });
  }
}
