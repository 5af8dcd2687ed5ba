import { Flags } from '@oclif/core';
import { ChangeCommand, objectChangeFlags } from '../../../cli/changes/change-command.ts';
import { repeatable } from '../../../cli/flags.ts';
import { deviceFlag, groupArg, selectorFlags, volumeGroupOf } from '../../../cli/storage/flags.ts';
import { storageEffect, storageUndo } from '../../../cli/storage/text.ts';
import { configMapOf } from '../../../kubernetes/api/config-maps.ts';
import { listNodes } from '../../../kubernetes/node/list-nodes.ts';
import { nodesToChange } from '../../../phases/node/chosen-nodes.ts';
import { labelChanges, missingComponents } from '../../../phases/storage/storage-nodes.ts';
import { addVolumeGroup, TOPOLOGY_CONFIG } from '../../../phases/storage/volume-groups.ts';

export default class StorageLvmSet extends ChangeCommand {
  static override summary = 'Define a volume group of local disks, and label the nodes that get it.';
  static override description =
    'Writes the ConfigMap node-resource-topo, which node-resource-manager reads on each node, and the labels of the nodes, which only an administrator may set. A definition that exists is never changed: the components do not delete volume groups. Check the disks first: `edgeadm storage lvm check`. User guide: chapter 8.3, Use LVM to manage local storage.';
  static override examples = [
    '<%= config.bin %> storage lvm set volumegroup1 --device /dev/sdb1 --device /dev/sdc --node shop-17',
    '<%= config.bin %> storage lvm set fast --device /dev/nvme1n1 --label kubernetes.io/storagetype=nvme --dry-run',
  ];
  static override args = groupArg;
  static override flags = {
    ...objectChangeFlags,
    ...selectorFlags,
    device: deviceFlag('disk or partition of these nodes (repeatable)'),
    node: Flags.string({ ...repeatable, helpValue: 'NAME', description: 'edge node to label (repeatable)' }),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(StorageLvmSet);
    const group = volumeGroupOf(args.group, flags);
    await this.change(flags, async (client, signal) => {
      const names = [...new Set(flags.node ?? [])];
      const nodes = names.length > 0 ? await nodesToChange(client, { names }, signal) : [];
      const labels = labelChanges(group, nodes);
      const [config, all, missing] = await Promise.all([
        configMapOf(client, TOPOLOGY_CONFIG, signal),
        listNodes(client, { signal }),
        missingComponents(client, signal),
      ]);
      const others = all.filter(({ metadata }) => !names.includes(metadata?.name ?? ''));
      const labelled = nodes.map((node, i) => ({
        ...node,
        metadata: { ...node.metadata, labels: labelsAfter(node, labels[i]?.patch) },
      }));
      const after = [...others, ...labelled];
      const definition = addVolumeGroup(config, group, after);
      return {
        changes: [definition, ...labels],
        effect: storageEffect(group, after, missing, definition),
        undo: storageUndo(group, config, nodes),
        question: `Give ${group.devices.join(', ')} of these nodes to volume group ${group.name}?`,
      };
    });
  }
}

function labelsAfter(
  { metadata }: { readonly metadata?: { readonly labels?: Record<string, string> } },
  patch: object | undefined,
): Record<string, string> {
  const more = (patch as { metadata?: { labels?: Record<string, string> } } | undefined)?.metadata?.labels;
  return { ...metadata?.labels, ...more };
}
