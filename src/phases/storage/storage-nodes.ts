import type { V1Node } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { ChangeRequest } from '../../kubernetes/api/change.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listAll } from '../../kubernetes/api/list.ts';
import { placeOf } from '../../kubernetes/edge-names.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';
import { ownValue } from '../../lib/own-value.ts';
import { isSelected, type VolumeGroup } from './volume-groups.ts';

/** Label of nodes that the local storage scheduler looks at. Source: the guide, chapter 8.3. */
export const LOCAL_STORAGE = 'alibabacloud.com/edge-enable-localstorage';
/** Add-ons that make volume groups and volumes, as their pods are named. */
const COMPONENTS = ['node-resource-manager', 'csi-local-plugin'] as const;

/**
 * Labels that make a node one with this volume group. A kubelet may not set them: it takes an administrator. Where any
 * value will do, the node keeps the one that it has.
 */
function storageLabels({ key, operator, value = '' }: VolumeGroup, { metadata }: V1Node): Record<string, string> {
  return {
    ...(operator === 'In' && { [key]: value }),
    ...(operator === 'Exists' && { [key]: ownValue(metadata?.labels, key) ?? 'true' }),
    [LOCAL_STORAGE]: 'true',
  };
}

/**
 * Labels nodes for a volume group; labels that a node has already stay.
 * @throws EdgeadmError SETTING_REFUSED with every node that cannot have it
 */
export function labelChanges(group: VolumeGroup, nodes: readonly V1Node[]): ChangeRequest[] {
  const reasons = nodes.flatMap((node) => refuseNode(group, node));
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
    patch: { metadata: { labels: storageLabels(group, node) } },
  }));
}

function refuseNode(group: VolumeGroup, node: V1Node): string[] {
  const labels = storageLabels(group, node);
  const name = nodeNameOf(node);
  if (placeOf(node) !== 'edge') return [`${name}: not an edge node`];
  const found = ownValue(node.metadata?.labels, group.key);
  const wanted = ownValue(labels, group.key);
  if (wanted !== undefined && found !== undefined && found !== wanted)
    return [`${name}: its label ${group.key} is ${found}, not ${wanted}: another volume group may count on it`];
  const after = { metadata: { labels: { ...node.metadata?.labels, ...labels } } };
  return isSelected(group, after) ? [] : [`${name}: its label ${group.key}=${found} excludes it`];
}

/** Labels that a change gives to a node, with the value that each had before. */
export function changedLabels(group: VolumeGroup, node: V1Node): { readonly key: string; readonly before?: string }[] {
  return Object.entries(storageLabels(group, node)).flatMap(([key, value]) => {
    const before = ownValue(node.metadata?.labels, key);
    return before === value ? [] : [{ key, before }];
  });
}

/** Add-ons of which no pod is found. */
export async function missingComponents(client: ApiClient, signal: AbortSignal): Promise<string[]> {
  const names = await listAll<{ metadata?: { name?: string } }, string>(client, '/api/v1/namespaces/kube-system/pods', {
    keep: ({ metadata }) => metadata?.name,
    signal,
  });
  return COMPONENTS.filter((component) => !names.some((name) => name.startsWith(component)));
}
