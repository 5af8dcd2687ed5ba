import { Flags } from '@oclif/core';
import { addFault, FAULT_MODES, type FaultMode } from '../../../../sandbox/cloud/faults.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { sandboxFlags } from '../../../cli/sandbox/flags.ts';
import { withSandboxStore } from '../../../cli/sandbox/store.ts';

const MODES = Object.keys(FAULT_MODES) as FaultMode[];

export default class SandboxFaultAdd extends BaseCommand {
  static override summary = 'Make the next calls of a cloud action fail in the sandbox.';
  static override description = Object.entries(FAULT_MODES)
    .map(([mode, what]) => `${mode}: ${what}.`)
    .join('\n');
  static override examples = [
    '<%= config.bin %> sandbox fault add --action AttachNetworkInterface --mode timeout-after-effect',
    '<%= config.bin %> sandbox fault add --action "*" --mode throttle --times 3',
  ];
  static override flags = {
    action: Flags.string({ required: true, helpValue: 'ACTION', description: 'API action; * for all' }),
    mode: Flags.option({ options: MODES, required: true, helpValue: 'MODE', description: 'what goes wrong' })(),
    times: Flags.integer({ min: 1, default: 1, helpValue: 'N', description: 'number of calls that fail' }),
    ...sandboxFlags,
  };

  async run(): Promise<void> {
    const { action, mode, times, dir } = (await this.parse(SandboxFaultAdd)).flags;
    const { refuseUnknownAction } = await import('../../../../sandbox/cloud/actions.ts');
    refuseUnknownAction(action);
    const fault = await withSandboxStore(dir, (store) => addFault(store, { action, mode, times }));
    const text = `fault ${fault.id}: the next ${times === 1 ? 'call' : `${times} calls`} of ${action}: ${FAULT_MODES[mode]}\n`;
    await this.finish({ ok: true, hosts: [], data: fault, text });
  }
}
