import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { listFlag } from '../../../cli/flags.ts';
import { volumeGroupRows, volumeGroupTable } from '../../../cli/storage/text.ts';
import { configMapOf } from '../../../kubernetes/api/config-maps.ts';
import { listNodes } from '../../../kubernetes/node/list-nodes.ts';
import { missingComponents } from '../../../phases/storage/storage-nodes.ts';
import { TOPOLOGY_CONFIG, volumeGroupsIn } from '../../../phases/storage/volume-groups.ts';

export default class StorageLvmShow extends BaseCommand {
  static override summary = 'Show the volume groups that are defined, and the nodes that get them.';
  static override description = 'User guide: chapter 8.3, Use LVM to manage local storage.';
  static override examples = ['<%= config.bin %> storage lvm show', '<%= config.bin %> storage lvm show -o json'];
  static override flags = { ...kubeconfigFlag, ...listFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(StorageLvmShow);
    this.openOutput({ looksOnly: true });
    const { groups, missing } = await withCluster(flags.kubeconfig, async (client, signal) => {
      const [config, nodes, absent] = await Promise.all([
        configMapOf(client, TOPOLOGY_CONFIG, signal),
        listNodes(client, { signal }),
        missingComponents(client, signal),
      ]);
      return { groups: volumeGroupRows(volumeGroupsIn(config), nodes), missing: absent };
    });
    const warning = missing.length > 0 ? `\nWarning: no pods in kube-system of ${missing.join(', ')}.\n` : '';
    const names = groups.map(({ group }) => `volumegroup/${group}`);
    await this.show({ data: { groups, missing }, text: `${volumeGroupTable(groups)}${warning}`, names });
  }
}
