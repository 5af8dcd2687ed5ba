import type { NodePoolSpec } from '../../config/node-pool.ts';
import type { Created } from '../../phases/nodepool/create.ts';

/** What is about to be done, for people, before they are asked; none: nothing. */
export function planOf(spec: NodePoolSpec, outcome: Created['outcome']): string[] {
  if (outcome === 'unchanged') return [];
  if (outcome === 'completed') return [`record the annotations of the node pool ${spec.name}`];
  const { name, mode, maxNodes, runtime, labels, annotations, taints, podCidrs, ofService = {} } = spec;
  const pairs = (map: Readonly<Record<string, string>>) => Object.entries(map).map(([key, value]) => `${key}=${value}`);
  const rows: (readonly [key: string, values: readonly string[]])[] = [
    ['CEN', spec.cenId ? [spec.cenId] : []],
    ['CCN', spec.ccnId ? [`${spec.ccnId} in ${spec.ccnRegion}`] : []],
    ['container runtime', runtime ? [runtime] : []],
    ['labels', pairs(labels)],
    ['annotations', pairs(annotations)],
    ['taints', taints.map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`)],
    ['pod CIDRs', podCidrs],
    ['layer-3 network among its nodes', ofService.intranet ? ['yes'] : []],
    ['host network', ofService.hostNetwork ? ['yes'] : []],
    ['resource group', ofService.resourceGroup ? [ofService.resourceGroup] : []],
    ['unschedulable', ofService.unschedulable ? ['yes'] : []],
  ];
  return [
    `create the node pool ${name} (${mode})${maxNodes === undefined ? '' : ` for at most ${maxNodes} nodes`}`,
    ...rows.filter(([, values]) => values.length > 0).map(([key, values]) => `${key}: ${values.join(', ')}`),
  ];
}
