import type { V1Node } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { ChangeRequest } from '../../kubernetes/api/change.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listAll } from '../../kubernetes/api/list.ts';
import { placeOf } from '../../kubernetes/edge-names.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';
import { isSelected, type VolumeGroup } from './volume-groups.ts';

/** Label of nodes that the local storage scheduler looks at. Source: the guide, chapter 8.3. */
export const LOCAL_STORAGE = 'alibabacloud.com/edge-enable-localstorage';
/** Add-ons that make volume groups and volumes, as their pods are named. */
const COMPONENTS = ['node-resource-manager', 'csi-local-plugin'] as const;

/** Labels that make a node one with this volume group. A kubelet may not set them: it takes an administrator. */
function storageLabels({ key, operator, value = '' }: VolumeGroup): Record<string, string> {
  return {
    ...(operator === 'In' && { [key]: value }),
    ...(operator === 'Exists' && { [key]: 'true' }),
    [LOCAL_STORAGE]: 'true',
  };
}

/**
 * Labels nodes for a volume group; labels that a node has already stay.
 * @throws EdgeadmError SETTING_REFUSED with every node that cannot have it
 */
export function labelChanges(group: VolumeGroup, nodes: readonly V1Node[]): ChangeRequest[] {
  const labels = storageLabels(group);
  const reasons = nodes.flatMap((node) => refuseNode(group, labels, node));
  if (reasons.length > 0)
    throw new EdgeadmError({
      code: 'SETTING_REFUSED',
      what: `these nodes cannot be labelled for volume group ${group.name}`,
      why: reasons.join('\n'),
    });
  return nodes.map((node) => ({
    name: `node/${nodeNameOf(node)}`,
    path: `/api/v1/nodes/${nodeNameOf(node)}`,
    before: { ...node, apiVersion: 'v1', kind: 'Node' },
    patch: { metadata: { labels } },
  }));
}

function refuseNode(group: VolumeGroup, labels: Readonly<Record<string, string>>, node: V1Node): string[] {
  const name = nodeNameOf(node);
  if (placeOf(node) !== 'edge') return [`${name}: not an edge node`];
  const found = node.metadata?.labels?.[group.key];
  const wanted = labels[group.key];
  if (wanted !== undefined && found !== undefined && found !== wanted)
    return [`${name}: its label ${group.key} is ${found}, not ${wanted}: another volume group may count on it`];
  const after = { metadata: { labels: { ...node.metadata?.labels, ...labels } } };
  return isSelected(group, after) ? [] : [`${name}: its label ${group.key}=${found} excludes it`];
}

/** Labels that a change gives to a node and that it did not have. */
export function newLabels(group: VolumeGroup, { metadata }: V1Node): string[] {
  return Object.entries(storageLabels(group)).flatMap(([key, value]) =>
    metadata?.labels?.[key] === value ? [] : [key],
  );
}

/** Add-ons of which no pod is found. */
export async function missingComponents(client: ApiClient, signal: AbortSignal): Promise<string[]> {
  const names = await listAll<{ metadata?: { name?: string } }, string>(client, '/api/v1/namespaces/kube-system/pods', {
    keep: ({ metadata }) => metadata?.name,
    signal,
  });
  return COMPONENTS.filter((component) => !names.some((name) => name.startsWith(component)));
}
