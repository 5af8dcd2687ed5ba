import type { V1ConfigMap, V1Node } from '@kubernetes/client-node';
import { commandLine } from '../../host/quote.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';
import { formatBytes } from '../../lib/format-bytes.ts';
import { table } from '../../output/table.ts';
import type { DeviceCheck } from '../../phases/storage/devices.ts';
import { changedLabels, LOCAL_STORAGE } from '../../phases/storage/storage-nodes.ts';
import { isSelected, selectorText, TOPOLOGY_CONFIG, type VolumeGroup } from '../../phases/storage/volume-groups.ts';

const isReady = ({ metadata }: V1Node): boolean => metadata?.labels?.[LOCAL_STORAGE] === 'true';

/** What a definition means, and what it still needs. */
export function storageEffect(
  group: VolumeGroup,
  nodes: readonly V1Node[],
  missing: readonly string[],
  { losesComments }: { readonly losesComments: boolean },
): string[] {
  const selected = nodes.filter((node) => isSelected(group, node));
  const unready = selected.filter((node) => !isReady(node)).map(nodeNameOf);
  return [
    selected.length > 0
      ? `node-resource-manager makes volume group ${group.name} of ${group.devices.join(', ')} on ${selected.map(nodeNameOf).join(', ')}; all data on them is lost.`
      : `No node has a label that ${selectorText(group)} selects: add --node NAME.`,
    ...(unready.length > 0
      ? [
          `Warning: without the label ${LOCAL_STORAGE}=true no volume is placed on ${unready.join(', ')}: add --node NAME.`,
        ]
      : []),
    ...(missing.length > 0
      ? [`Warning: no pods in kube-system of ${missing.join(', ')}: \`edgeadm addon install\` (Pro clusters).`]
      : []),
    ...(losesComments
      ? [`Warning: the key volumegroup of ${TOPOLOGY_CONFIG} has to be rewritten without its comments.`]
      : []),
    'Volumes: PersistentVolumeClaims of the storage class csi-local-lvm, ReadWriteOnce.',
  ];
}

/** The commands that restore what was there before. Volume groups that were made stay. */
export function storageUndo(group: VolumeGroup, config: V1ConfigMap | undefined, nodes: readonly V1Node[]): string[] {
  const kubectl = (...words: string[]): string => commandLine(['kubectl', ...words]);
  const map = ['-n', 'kube-system'];
  const text = config?.data?.volumegroup;
  const patch = JSON.stringify({ data: { volumegroup: text ?? null } });
  return [
    config
      ? kubectl(...map, 'patch', 'configmap', TOPOLOGY_CONFIG, '--type', 'merge', '-p', patch)
      : kubectl(...map, 'delete', 'configmap', TOPOLOGY_CONFIG),
    ...nodes.flatMap((node) => {
      const labels = changedLabels(group, node);
      const words = labels.map(({ key, before }) => (before === undefined ? `${key}-` : `${key}=${before}`));
      const overwrite = labels.some(({ before }) => before !== undefined) ? ['--overwrite'] : [];
      return words.length > 0 ? [kubectl('label', ...overwrite, 'node', nodeNameOf(node), ...words)] : [];
    }),
  ];
}

/** One line a definition. */
export function volumeGroupRows(groups: readonly VolumeGroup[], nodes: readonly V1Node[]) {
  return groups.map((group) => {
    const selected = nodes.filter((node) => isSelected(group, node));
    return {
      group: group.name,
      selector: selectorText(group),
      type: group.type,
      devices: group.devices,
      nodes: selected.map(nodeNameOf),
      withoutLabel: selected.filter((node) => !isReady(node)).map(nodeNameOf),
    };
  });
}

export function volumeGroupTable(rows: ReturnType<typeof volumeGroupRows>): string {
  const lines = rows.map(({ group, selector, devices, nodes, type }) => ({
    group,
    selector,
    devices: devices.join(', ') || (type === 'device' ? '' : type) || '-',
    nodes: nodes.join(', ') || 'none',
  }));
  const unready = [...new Set(rows.flatMap(({ withoutLabel }) => withoutLabel))];
  const warning =
    unready.length > 0 ? `\nWarning: without the label ${LOCAL_STORAGE}=true: ${unready.join(', ')}.\n` : '';
  return `${table(lines) || 'No volume groups are defined.\n'}${warning}`;
}

export function deviceTable(checks: readonly DeviceCheck[]): string {
  return table(
    checks.map(({ device, ok, bytes, found }) => ({
      device,
      size: bytes === undefined ? '-' : formatBytes(bytes),
      result: ok ? 'ok' : 'failed',
      found,
    })),
  );
}
