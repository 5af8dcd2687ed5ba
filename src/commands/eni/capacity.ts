import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { type CloudFlags, cloudFlags } from '../../cli/cloud-flags.ts';
import { openEns } from '../../cli/eni/change.ts';
import { nonEmptyName } from '../../cli/flags.ts';
import { ramActions } from '../../cli/service-change.ts';
import { interruptible } from '../../cli/signals.ts';
import { MAX_INTERFACES, podCapacity, requireInstance } from '../../cloud/ens.ts';
import { table } from '../../output/table.ts';

export default class EniCapacity extends BaseCommand {
  static override summary = 'Show the pod capacity of an ENS instance by number of elastic network interfaces.';
  static override description =
    `Without --instance it prints the table and makes no network calls. With --instance, ${ramActions('ens:DescribeInstances', 'ens:DescribeNetworkInterfaces')}`;
  static override examples = ['<%= config.bin %> eni capacity', '<%= config.bin %> eni capacity --instance i-5q9xk'];
  static override flags = {
    instance: Flags.string({
      parse: nonEmptyName('--instance'),
      helpValue: 'ID',
      description: 'ENS instance whose row is marked',
    }),
    ...cloudFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(EniCapacity);
    const has = flags.instance === undefined ? undefined : await this.#interfacesOf(flags.instance, flags);
    const rows = Array.from({ length: MAX_INTERFACES }, (_, index) => ({
      enis: index + 1,
      pods: podCapacity(index + 1),
      ...(has !== undefined && { now: has === index + 1 ? '<- current' : '' }),
    }));
    const data = { interfaces: has, pods: has === undefined ? undefined : podCapacity(has), table: rows };
    await this.show({ data, text: table(rows) });
  }

  async #interfacesOf(id: string, flags: CloudFlags): Promise<number> {
    const output = this.openOutput({ looksOnly: true });
    return interruptible(async (signal) => {
      const service = await openEns(flags, output, signal);
      await requireInstance(service, id);
      return (await service.interfaces({ instanceId: id })).length;
    });
  }
}
