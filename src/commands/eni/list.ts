import { BaseCommand } from '../../cli/base-command.ts';
import { cloudFlags } from '../../cli/cloud-flags.ts';
import { instanceFlag, openEns } from '../../cli/eni/change.ts';
import { listFlag } from '../../cli/flags.ts';
import { ramActions } from '../../cli/service-change.ts';
import { interruptible } from '../../cli/signals.ts';
import { purchasedFor } from '../../cloud/eni-marker.ts';
import { requireInstance } from '../../cloud/ens.ts';
import { table } from '../../output/table.ts';

export default class EniList extends BaseCommand {
  static override summary = 'List the elastic network interfaces of an ENS instance, and those bought for it.';
  static override description = `${ramActions('ens:DescribeInstances', 'ens:DescribeNetworkInterfaces')}`;
  static override examples = ['<%= config.bin %> eni list --instance i-5q9xk'];
  static override flags = { ...listFlag, ...instanceFlag, ...cloudFlags };

  async run(): Promise<void> {
    const { flags } = await this.parse(EniList);
    const output = this.openOutput({ looksOnly: true });
    const { instance, all } = await interruptible(async (signal) => {
      const service = await openEns(flags, output, signal);
      const found = await requireInstance(service, flags.instance);
      return { instance: found, all: await service.interfaces({ networkId: found.networkId }) };
    });
    const interfaces = all
      .map((eni) => ({
        ...eni,
        attached: eni.instanceId === instance.id,
        bought: purchasedFor(eni.name) === instance.id,
      }))
      .filter(({ attached, bought }) => attached || bought);
    const rows = interfaces.map((eni) => ({
      id: eni.id,
      type: eni.type,
      status: eni.status,
      attached: eni.attached ? 'yes' : 'no',
      'bought by edgeadm': eni.bought ? 'yes' : 'no',
      vswitch: eni.vSwitchId,
      address: eni.addresses[0],
    }));
    await this.show({
      data: { instance, interfaces },
      text: table(rows),
      names: interfaces.map(({ id }) => `eni/${id}`),
    });
  }
}
